/**
 * Objects in a bucket of S3, or of a store that speaks its language. Loaded only where one is configured.
 *
 * An address for uploading is signed for one key, one length and a short time, so that whoever holds it can put that many bytes
 * there and do nothing else.
 *
 * Specs: AWS Signature Version 4 (header and query authentication).
 */

import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import type { AvatarStore } from '../config/avatar-settings.ts'
import type { ObjectName, ObjectStore } from './object-store.ts'

const connectionTimeoutMs = 2_000
const requestTimeoutMs = 8_000
const attemptsMax = 3

/** A store in the bucket that is configured. */
export function openS3Store(config: Extract<AvatarStore, { kind: 's3' }>): ObjectStore {
  const client = createClient(config)
  const place = (name: ObjectName) => ({ Bucket: config.bucket, Key: config.prefix + name })
  return {
    async put(name, bytes) {
      await client.send(new PutObjectCommand({ ...place(name), Body: bytes }))
    },
    async get(name, bytesMax) {
      const range = { Range: `bytes=0-${bytesMax - 1}` }
      const answer = await client
        .send(new GetObjectCommand({ ...place(name), ...range }))
        .catch(absent)
      const bytes = await answer?.Body?.transformToByteArray()
      return bytes && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    },
    async lengthOf(name) {
      return (await client.send(new HeadObjectCommand(place(name))).catch(absent))?.ContentLength
    },
    async remove(names) {
      for (const name of names) await client.send(new DeleteObjectCommand(place(name)))
    },
    presign(name, { byteLength, lifetimeSeconds }) {
      const command = new PutObjectCommand({ ...place(name), ContentLength: byteLength })
      return getSignedUrl(client, command, {
        expiresIn: lifetimeSeconds,
        unhoistableHeaders: new Set(['content-length']),
      })
    },
  }
}

function createClient({
  region,
  endpoint,
  credentials,
}: Extract<AvatarStore, { kind: 's3' }>): S3Client {
  return new S3Client({
    region,
    maxAttempts: attemptsMax,
    // Other stores do not know the checksums of AWS, and an address for a body that is not known yet cannot have one.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: connectionTimeoutMs, requestTimeout: requestTimeoutMs },
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
    ...(credentials !== undefined && {
      credentials: {
        accessKeyId: credentials.accessKeyId,
        secretAccessKey: credentials.secretAccessKey.reveal(),
      },
    }),
  })
}

function absent(error: unknown): undefined {
  if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404)
    return undefined
  throw error
}
