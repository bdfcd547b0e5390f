/** How large pictures may be, and where they are kept. */

import { resolve } from 'node:path'
import type { Secret } from './secret.ts'
import type { Values } from './variables.ts'

export interface AvatarSettings {
  /** The largest picture that is taken. */
  readonly bytesMax: number
  readonly store: AvatarStore
}

export type AvatarStore =
  | { readonly kind: 'disk'; readonly directory: string }
  | {
      readonly kind: 's3'
      readonly bucket: string
      readonly region: string
      /** Missing: the one of AWS. */
      readonly endpoint?: string
      readonly prefix: string
      /** Missing: what the machine or its role provides. */
      readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: Secret }
    }

/** What the variables say. */
export function avatarSettings(values: Values, dataDir: string): AvatarSettings {
  return { bytesMax: values.SIGNET_AVATAR_BYTES_MAX, store: avatarStore(values, dataDir) }
}

function avatarStore(values: Values, dataDir: string): AvatarStore {
  const { SIGNET_S3_BUCKET: bucket, SIGNET_S3_REGION: region } = values
  if (bucket === undefined || region === undefined)
    return { kind: 'disk', directory: resolve(dataDir, 'avatars') }
  const { SIGNET_S3_ACCESS_KEY_ID: accessKeyId, SIGNET_S3_SECRET_ACCESS_KEY: secretAccessKey } =
    values
  const isGiven = accessKeyId !== undefined && secretAccessKey !== undefined
  const endpoint = values.SIGNET_S3_ENDPOINT
  return {
    kind: 's3',
    bucket,
    region,
    ...(endpoint !== undefined && { endpoint }),
    prefix: values.SIGNET_S3_PREFIX,
    ...(isGiven && { credentials: { accessKeyId, secretAccessKey } }),
  }
}
