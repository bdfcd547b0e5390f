/** Answers AvatarService. */

import type { MessageInitShape } from '@bufbuild/protobuf'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import {
  type AvatarUploadSchema,
  AvatarUploadState,
  type BatchGetAvatarsRequest,
  type BatchGetAvatarsResponseSchema,
  type CompleteAvatarUploadRequest,
  type CompleteAvatarUploadResponseSchema,
  type GetAvatarUploadRequest,
  type GetAvatarUploadResponseSchema,
  type RemoveAvatarRequest,
  type RemoveAvatarResponseSchema,
  type RemoveUserAvatarRequest,
  type RemoveUserAvatarResponseSchema,
  type RequestAvatarUploadRequest,
  type RequestAvatarUploadResponseSchema,
} from '@signet/contract'
import type { Deps } from '../deps.ts'
import type { UserId } from '../ids.ts'
import { type RequestContext, userCaller } from '../request-context.ts'
import { pictureViolation } from './picture-violation.ts'
import { readAvatars } from './read-avatars.ts'
import { completeUpload, getUpload, requestUpload, type Upload } from './receive-upload.ts'
import { removeAvatar as removeAvatarOf } from './remove-avatar.ts'

const states = {
  awaited: AvatarUploadState.AWAITED,
  received: AvatarUploadState.RECEIVED,
  ready: AvatarUploadState.READY,
  refused: AvatarUploadState.REFUSED,
  replaced: AvatarUploadState.REPLACED,
} as const

/** An address to put a picture to. */
export async function requestAvatarUpload(
  deps: Deps,
  ctx: RequestContext,
  { byteLength }: RequestAvatarUploadRequest,
): Promise<MessageInitShape<typeof RequestAvatarUploadResponseSchema>> {
  const { id, url, expiresAt } = await requestUpload(deps, ctx, { byteLength })
  return { uploadId: id, url, expiresAt: timestampFromDate(expiresAt) }
}

/** What was put there is taken in. */
export async function completeAvatarUpload(
  deps: Deps,
  ctx: RequestContext,
  { uploadId }: CompleteAvatarUploadRequest,
): Promise<MessageInitShape<typeof CompleteAvatarUploadResponseSchema>> {
  return { upload: uploadMessage(await completeUpload(deps, ctx, { id: uploadId })) }
}

/** How far an upload has come. */
export async function getAvatarUpload(
  deps: Deps,
  ctx: RequestContext,
  { uploadId }: GetAvatarUploadRequest,
): Promise<MessageInitShape<typeof GetAvatarUploadResponseSchema>> {
  return { upload: uploadMessage(await getUpload(deps, ctx, { id: uploadId })) }
}

/** The caller's own avatar goes. */
export async function removeAvatar(
  deps: Deps,
  ctx: RequestContext,
  _input: RemoveAvatarRequest,
): Promise<MessageInitShape<typeof RemoveAvatarResponseSchema>> {
  await removeAvatarOf(deps, ctx, { userId: userCaller(ctx).userId })
  return {}
}

/** The avatar of any user goes. */
export async function removeUserAvatar(
  deps: Deps,
  ctx: RequestContext,
  { userId }: RemoveUserAvatarRequest,
): Promise<MessageInitShape<typeof RemoveUserAvatarResponseSchema>> {
  await removeAvatarOf(deps, ctx, { userId: userId as UserId })
  return {}
}

/** The avatars of many users. */
export async function batchGetAvatars(
  deps: Deps,
  _ctx: RequestContext,
  { userIds }: BatchGetAvatarsRequest,
): Promise<MessageInitShape<typeof BatchGetAvatarsResponseSchema>> {
  const avatars = await readAvatars(deps, userIds)
  return {
    avatars: [...avatars].map(([userId, avatar]) => ({ userId, avatar })),
  }
}

/** One upload as the contract says it. */
export function uploadMessage({
  id,
  state,
  refusal,
}: Upload): MessageInitShape<typeof AvatarUploadSchema> {
  const violation = refusal && pictureViolation(refusal)
  return { id, state: states[state], ...(violation && { refusal: violation }) }
}
