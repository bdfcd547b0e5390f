/**
 * `POST /logout`: ends the session of the bearer token that comes with it. With `POST /mint` it is all that a small service
 * needs.
 *
 * The token may have expired, and may be for any audience (see `leaveSession`). The answer is 204, also where the session has
 * ended before.
 *
 * Errors: UNAUTHENTICATED, PERMISSION_DENIED, INVALID_ARGUMENT (a body), UNAVAILABLE.
 * Specs: RFC 6750 §2.1.
 */

import { ErrorReason } from '@signet/contract'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { leaveSession } from '../revocation/leave-session.ts'
import type { PlainCalls } from '../wires/rest/rest.ts'

type LogoutDeps = Pick<Deps, 'config' | 'db' | 'sessionEnds' | 'signingKeys'>

/** Serves `POST /logout`. */
export async function mountLogout(
  fastify: FastifyInstance,
  deps: LogoutDeps,
  call: PlainCalls,
): Promise<void> {
  await fastify.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: 1024 }, (_, body, done) =>
      done(null, body),
    )
    scope.post('/logout', async (request, reply) => {
      await call('POST /logout', { request, reply }, async (ctx) => {
        if (Buffer.isBuffer(request.body) && request.body.length > 0) throw notEmpty()
        if (ctx.bearerToken === undefined) throw new SignetError(ErrorReason.UNAUTHENTICATED)
        await leaveSession(deps, ctx, ctx.bearerToken)
      })
      return reply.code(204).header('cache-control', 'no-store').send()
    })
  })
}

function notEmpty(): SignetError {
  const message = 'The body must be empty: the bearer token says which session ends.'
  const violations = [{ field: '', rule: 'logout.body', message }]
  return new SignetError(ErrorReason.INVALID_ARGUMENT, { violations })
}
