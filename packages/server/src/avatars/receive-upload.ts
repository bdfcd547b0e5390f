/**
 * Takes in a picture that is to become somebody's avatar. Both ways in are the same three steps:
 *
 * 1. Begin: note the upload and the object that it will be, so that nothing is ever stored that nobody knows of.
 * 2. Store the bytes: what came with the call, or what the client puts at the address that it was given.
 * 3. Receive: in one transaction the upload is taken in, once, and the work is queued.
 *
 * What came with the call is looked at before it is stored. What was put in the bucket is looked at by the job: until then
 * nobody reads it.
 *
 * Errors: INVALID_ARGUMENT (`avatar.…`), RATE_LIMITED, NOT_ENABLED (no bucket), NOT_FOUND (not an upload of the caller),
 * UNAVAILABLE.
 */

import { randomUUID } from 'node:crypto'
import { ErrorReason } from '@signet/contract'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import type { UserId } from '../ids.ts'
import { inspectPicture } from '../pictures/picture-header.ts'
import { enqueue } from '../queue/enqueue.ts'
import { type RequestContext, userCaller } from '../request-context.ts'
import {
  countUploads,
  findUpload,
  insertUpload,
  lockAvatar,
  receiveUpload as receiveAwaitedUpload,
} from './avatars.sql.ts'
import { newKey, uploadName } from './object-store.ts'
import { pictureViolation, type UploadRule } from './picture-violation.ts'

export type UploadState = 'awaited' | 'received' | 'ready' | 'refused' | 'replaced'

/** How far an upload has come. */
export interface Upload {
  id: string
  state: UploadState
  /** The rule that the picture breaks, where it was refused. */
  refusal: UploadRule | undefined
}

/** An address to put a picture to. */
export interface UploadAddress {
  id: string
  url: string
  expiresAt: Date
}

type UploadDeps = Pick<Deps, 'config' | 'db' | 'avatarObjects'>

/** Uploads of one user in an hour. */
export const uploadsPerHour = 20
const directLifetimeSeconds = 300
const addressLifetimeSeconds = 600

/** Takes in the bytes that came with the call. */
export async function uploadPicture(
  deps: UploadDeps,
  ctx: RequestContext,
  bytes: Buffer,
): Promise<Upload> {
  const { userId } = userCaller(ctx)
  const picture = inspectPicture(bytes)
  if ('broken' in picture) throw refused(picture.broken)
  const { id, objectKey } = await begin(deps, ctx, {
    byteLength: bytes.length,
    lifetimeSeconds: directLifetimeSeconds,
  })
  await deps.avatarObjects.put(uploadName(objectKey), picture.bytes)
  return receive(deps, ctx, { id, userId })
}

/** Answers an address that takes one picture of this length from whoever has it. */
export async function requestUpload(
  deps: UploadDeps,
  ctx: RequestContext,
  { byteLength }: { byteLength: number },
): Promise<UploadAddress> {
  const { presign } = deps.avatarObjects
  if (presign === undefined) throw new SignetError(ErrorReason.NOT_ENABLED)
  if (byteLength > deps.config.avatars.bytesMax) throw new SignetError(ErrorReason.TOO_LARGE)
  const lifetimeSeconds = addressLifetimeSeconds
  const { id, objectKey, expiresAt } = await begin(deps, ctx, { byteLength, lifetimeSeconds })
  return {
    id,
    url: await presign(uploadName(objectKey), { byteLength, lifetimeSeconds }),
    expiresAt,
  }
}

/** Takes in what was put to the address of an upload. Doing it twice changes nothing. */
export async function completeUpload(
  deps: UploadDeps,
  ctx: RequestContext,
  { id }: { id: string },
): Promise<Upload> {
  const { userId } = userCaller(ctx)
  const upload = await findUpload(deps.db, { id, userId })
  if (upload === undefined) throw unknownUpload()
  if (upload.state !== 'awaited') return uploadOf(upload)
  const length = upload.good
    ? await deps.avatarObjects.lengthOf(uploadName(upload.objectKey))
    : undefined
  if (length !== upload.byteLength) throw refused('missing')
  return receive(deps, ctx, { id, userId })
}

/** How far an upload of the caller has come. */
export async function getUpload(
  deps: Pick<Deps, 'db'>,
  ctx: RequestContext,
  { id }: { id: string },
): Promise<Upload> {
  const upload = await findUpload(deps.db, { id, userId: userCaller(ctx).userId })
  if (upload === undefined) throw unknownUpload()
  return uploadOf(upload)
}

async function begin(
  { db }: UploadDeps,
  ctx: RequestContext,
  { byteLength, lifetimeSeconds }: { byteLength: number; lifetimeSeconds: number },
): Promise<{ id: string; objectKey: string; expiresAt: Date }> {
  const { userId } = userCaller(ctx)
  // An upload is found by its id: it names no time, and cannot be counted on from another one.
  const [id, objectKey] = [randomUUID(), newKey()]
  return db.transaction(async (tx) => {
    await lockAvatar(tx, { userId })
    const { count, secondsUntilLess } = await countUploads(tx, { userId })
    if (count >= uploadsPerHour)
      throw new SignetError(ErrorReason.RATE_LIMITED, { retryAfterSeconds: secondsUntilLess })
    const { reference } = ctx
    const upload = { id, userId, objectKey, byteLength, lifetimeSeconds, reference }
    const { expiresAt } = await insertUpload(tx, upload)
    return { id, objectKey, expiresAt }
  })
}

async function receive(
  { db }: UploadDeps,
  { reference }: RequestContext,
  { id, userId }: { id: string; userId: UserId },
): Promise<Upload> {
  return db.transaction(async (tx) => {
    const received = await receiveAwaitedUpload(tx, { id, userId, reference })
    if (received !== undefined) {
      await enqueue(tx, 'render_avatar', { uploadId: id })
      return { id, state: 'received', refusal: undefined }
    }
    const upload = await findUpload(tx, { id, userId })
    if (upload === undefined) throw unknownUpload()
    // It expired while its bytes were on their way.
    if (upload.state === 'awaited') throw refused('missing')
    return uploadOf(upload)
  })
}

function uploadOf({ id, state, refusal }: { id: string; state: string; refusal: string | null }) {
  return {
    id,
    state: state as UploadState,
    refusal: (refusal ?? undefined) as UploadRule | undefined,
  }
}

function refused(rule: UploadRule): SignetError {
  return new SignetError(ErrorReason.INVALID_ARGUMENT, { violations: [pictureViolation(rule)] })
}

function unknownUpload(): SignetError {
  return new SignetError(ErrorReason.NOT_FOUND, { detail: 'no such upload of the caller' })
}
