/**
 * The UserInfo endpoint: what a client may know of the person who signed in to it.
 *
 * 1. Exactly one access token, in the Authorization header or, by POST, in the form; never in the address.
 * 2. It is good at this moment (see `requireGoodToken`), whomever else it is for, and has the scope `openid`.
 * 3. The claims for its scopes, and those asked for by name; `sub` always.
 *
 * Errors: UNAUTHENTICATED, PERMISSION_DENIED (`insufficient_scope`), INVALID_ARGUMENT, UNAVAILABLE.
 * Specs: OpenID Connect Core 1.0 §5.3 and §5.4, RFC 6750 §2 and §3.
 */

import { ErrorReason } from '@signet/contract'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Json } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import type { RequestContext } from '../request-context.ts'
import { refused } from '../tokens/refused.ts'
import type { PlainCalls } from '../wires/plain-calls.ts'
import { requireGoodToken } from './current-token.ts'
import { endpoints } from './endpoints.ts'
import { malformed, parseForm, readFormBodies } from './form.ts'
import { readPerson } from './person.ts'
import { claimsAbout } from './standard-claims.ts'

const path = endpoints.userinfo

type UserinfoDeps = Pick<Deps, 'config' | 'db' | 'revocations' | 'signingKeys'>

/** Serves the endpoint, by GET and by POST. */
export async function mountUserinfo(
  fastify: FastifyInstance,
  deps: UserinfoDeps,
  call: PlainCalls,
): Promise<void> {
  await fastify.register(async (scope) => {
    readFormBodies(scope)
    scope.route({
      method: ['GET', 'POST'],
      url: path,
      async handler(request, reply) {
        const claims = await call(`${request.method} ${path}`, { request, reply }, (ctx) =>
          userinfo(deps, ctx, tokenOf(ctx, request)),
        )
        return reply
          .header('cache-control', 'no-store')
          .type('application/json; charset=utf-8')
          .send(JSON.stringify(claims))
      },
    })
  })
}

async function userinfo(
  deps: UserinfoDeps,
  { now }: RequestContext,
  token: string,
): Promise<Record<string, Json>> {
  const claims = requireGoodToken(deps, now, token)
  const scopes = claims.scope.split(' ')
  if (claims.gid === undefined || !scopes.includes('openid'))
    throw new SignetError(ErrorReason.PERMISSION_DENIED, { detail: 'lacks the scope openid' })
  const { sub: userId, gid: grantId } = claims
  const person = await readPerson(deps, { userId, grantId })
  if (person === undefined) throw refused('its user is not active')
  const named = (person.named ?? {}) as Record<string, Json>
  return { ...claimsAbout(person, { scopes, named }), sub: userId }
}

/** The one token that came (RFC 6750 §2: a request uses one way to send it). */
function tokenOf(ctx: RequestContext, request: FastifyRequest): string {
  const { bearerToken } = ctx
  const form =
    request.method === 'POST'
      ? parseForm(request.body as Buffer | undefined, request.headers['content-type'])
      : undefined
  const posted = form?.get('access_token')
  if (bearerToken !== undefined && posted !== undefined)
    throw malformed('The access token is sent in two ways at once.')
  const token = bearerToken ?? posted
  if (token === undefined) throw new SignetError(ErrorReason.UNAUTHENTICATED)
  return token
}
