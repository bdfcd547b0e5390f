/**
 * Where the bytes of pictures are kept: in a directory of this machine, or in a bucket.
 *
 * An object is there whole or not at all, and is never changed: what comes later has another name. Names are made here and
 * hold nothing that anybody typed.
 *
 * Errors: UNAVAILABLE where the place cannot be reached, is full or refuses.
 */

import { randomBytes } from 'node:crypto'
import { ErrorReason } from '@signet/contract'
import type { AvatarStore } from '../config/avatar-settings.ts'
import { SignetError } from '../errors.ts'

/** The sides of the squares that every avatar is made in, in pixels. */
export const avatarSides = [64, 256, 512] as const
export type AvatarSide = (typeof avatarSides)[number]

declare const objectName: unique symbol
/** `uploads/…` or `pictures/…`. */
export type ObjectName = string & { readonly [objectName]: true }

export interface ObjectStore {
  put(name: ObjectName, bytes: Buffer): Promise<void>
  /** Undefined where there is none. One that is larger than `bytesMax` is cut off there. */
  get(name: ObjectName, bytesMax: number): Promise<Buffer | undefined>
  /** Undefined where there is none. */
  lengthOf(name: ObjectName): Promise<number | undefined>
  /** Removing what is not there is done already. */
  remove(names: readonly ObjectName[]): Promise<void>
  /** An address to which anyone may put this object, of this length; missing where the store has none. */
  presign?(
    name: ObjectName,
    upload: { byteLength: number; lifetimeSeconds: number },
  ): Promise<string>
}

const keyPattern = /^[A-Za-z0-9_-]{32}$/

/** A key that nobody can guess: 192 random bits. */
export function newKey(): string {
  return randomBytes(24).toString('base64url')
}

/** Whether a text can be a key. Nothing else is ever part of a name. */
export function isKey(text: string): boolean {
  return keyPattern.test(text)
}

export function uploadName(key: string): ObjectName {
  return named(`uploads/${key}`, key)
}

export function pictureName(version: string, side: AvatarSide): ObjectName {
  return named(`pictures/${version}-${side}.webp`, version)
}

function named(name: string, key: string): ObjectName {
  if (!isKey(key)) throw new Error('an object was to be named after something that is no key')
  return name as ObjectName
}

/** The store that the configuration names. What it needs is loaded with its first use. */
export function openObjectStore(config: AvatarStore): ObjectStore {
  const load =
    config.kind === 's3'
      ? async () => (await import('./s3-store.ts')).openS3Store(config)
      : async () => (await import('./disk-store.ts')).openDiskStore(config.directory)
  let opened: Promise<ObjectStore> | undefined
  const use = async <T>(work: (store: ObjectStore) => Promise<T>): Promise<T> => {
    opened ??= load()
    try {
      return await work(await opened)
    } catch (cause) {
      throw new SignetError(ErrorReason.UNAVAILABLE, { cause, retryAfterSeconds: 5 })
    }
  }
  return {
    put: (name, bytes) => use((store) => store.put(name, bytes)),
    get: (name, bytesMax) => use((store) => store.get(name, bytesMax)),
    lengthOf: (name) => use((store) => store.lengthOf(name)),
    remove: (names) => use((store) => store.remove(names)),
    ...(config.kind === 's3' && {
      presign: (name, upload) =>
        use(async (store) => {
          if (store.presign === undefined) throw new Error('this store has no addresses')
          return store.presign(name, upload)
        }),
    }),
  }
}
