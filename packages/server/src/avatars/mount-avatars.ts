/**
 * What of avatars is bytes and no message: `PUT /api/v1/users/me/avatar` takes a picture in, and `GET /avatars/{version}/{side}.webp`
 * serves one.
 *
 * The PUT is a call as every other one: who may not call is refused before the body is read. No header says what the body is.
 * The answer is 202 and the upload, as `GetAvatarUpload` answers it.
 *
 * The address of a picture cannot be guessed and never shows another one, so it may be kept for a year. It is asked for by
 * pages of other origins, as part of them and without credentials.
 *
 * Errors: UNAUTHENTICATED, PERMISSION_DENIED, INVALID_ARGUMENT (`avatar.…`), TOO_LARGE, RATE_LIMITED; NOT_FOUND.
 * Specs: RFC 8246 (immutable), RFC 9110 §15.3.3 (202), Fetch Standard §3.7 (Cross-Origin-Resource-Policy).
 */

import { create, toJsonString } from '@bufbuild/protobuf'
import { AvatarUploadSchema, ErrorReason } from '@signet/contract'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import type { PlainCalls } from '../wires/plain-calls.ts'
import { isShown } from './avatars.sql.ts'
import { avatarSides, isKey, pictureName } from './object-store.ts'
import { uploadPicture } from './receive-upload.ts'
import { uploadMessage } from './rpc.ts'

const uploadPath = '/api/v1/users/me/avatar'
const picturePath = '/avatars/:version/:file'
const pictureBytesMax = 4 * 1024 * 1024

const pictureHeaders = {
  'content-type': 'image/webp',
  'cache-control': 'public, max-age=31536000, immutable',
  'content-security-policy': "default-src 'none'; sandbox; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'cross-origin',
  'content-disposition': 'inline; filename="avatar.webp"',
} as const

/** Adds both routes. */
export async function mountAvatars(
  fastify: FastifyInstance,
  deps: Deps,
  call: PlainCalls,
): Promise<void> {
  await fastify.register(async (scope) => {
    // The bytes stay on the wire until the caller is known.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, _body, done) => done(null))
    scope.put(uploadPath, async (request, reply) => {
      const upload = await call(
        `PUT ${uploadPath}`,
        { request, reply },
        (ctx, bytes) => uploadPicture(deps, ctx, bytes),
        { who: { case: 'user', value: true }, bodyBytes: deps.config.avatars.bytesMax },
      )
      const message = create(AvatarUploadSchema, uploadMessage(upload))
      const text = toJsonString(AvatarUploadSchema, message, { alwaysEmitImplicit: true })
      return reply.code(202).header('content-type', 'application/json; charset=utf-8').send(text)
    })
  })
  fastify.get(picturePath, async (request, reply) => {
    const { version, file } = request.params as { version: string; file: string }
    const picture = await call(`GET ${picturePath}`, { request, reply }, () =>
      readPicture(deps, version, file),
    )
    return reply.headers(pictureHeaders).send(picture)
  })
}

async function readPicture(
  { db, avatarObjects }: Pick<Deps, 'db' | 'avatarObjects'>,
  version: string,
  file: string,
): Promise<Buffer> {
  const side = avatarSides.find((each) => file === `${each}.webp`)
  if (side === undefined || !isKey(version)) throw notThere()
  if ((await isShown(db, { version })) === undefined) throw notThere()
  const bytes = await avatarObjects.get(pictureName(version, side), pictureBytesMax)
  if (bytes === undefined) throw notThere()
  return bytes
}

function notThere(): SignetError {
  return new SignetError(ErrorReason.NOT_FOUND, { detail: 'no such picture' })
}
