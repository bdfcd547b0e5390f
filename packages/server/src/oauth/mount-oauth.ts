/** The endpoints that other people's specifications define, at their paths. */

import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import type { FormEndpoints } from '../wires/form-endpoints.ts'
import type { PlainCalls } from '../wires/plain-calls.ts'
import { mountAuthorize, type ShowProblem } from './authorize-endpoint.ts'
import { mountDiscovery } from './discovery.ts'
import { mountEndSession } from './end-session.ts'
import { formEndpoints, withClient } from './form-endpoint.ts'
import { introspect } from './introspect.ts'
import { mountJwks } from './jwks.ts'
import { mountLogout } from './logout.ts'
import { revoke } from './revoke.ts'
import { exchangeForTokens } from './token.ts'
import { mountUserinfo } from './userinfo.ts'

/** What apps that run in a browser call, whosever they are. The authorization endpoint is not called but visited. */
export const anyOriginPaths: ReadonlySet<string> = new Set([
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
  '/.well-known/jwks.json',
  '/oauth2/token',
  '/oauth2/userinfo',
  '/oauth2/revoke',
])

interface Mounted {
  call: PlainCalls
  /** The page about a request that cannot go on. */
  showProblem: ShowProblem
}

/** Serves all but those that take a form from a client. */
export async function mountOauth(
  fastify: FastifyInstance,
  deps: Deps,
  { call, showProblem }: Mounted,
): Promise<void> {
  mountDiscovery(fastify, deps.config.issuer)
  mountJwks(fastify, deps.signingKeys)
  await mountAuthorize(fastify, deps, { call, showProblem })
  await mountUserinfo(fastify, deps, call)
  await mountLogout(fastify, deps, call)
  await mountEndSession(fastify, deps, { call, showProblem })
}

/** Those that take a form from a client. */
export function oauthForms(deps: Deps): FormEndpoints {
  return formEndpoints(deps, {
    '/oauth2/token': exchangeForTokens,
    '/oauth2/introspect': withClient(introspect),
    '/oauth2/revoke': revoke,
  })
}
