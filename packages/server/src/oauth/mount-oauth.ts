/** The endpoints that other people's specifications define, at their paths. */

import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import type { FormEndpoints } from '../wires/form-endpoints.ts'
import type { PlainCalls } from '../wires/plain-calls.ts'
import { mountAuthorize, type ShowProblem } from './authorize-endpoint.ts'
import { mountDiscovery } from './discovery.ts'
import { mountEndSession } from './end-session.ts'
import { endpoints, metadataPaths } from './endpoints.ts'
import { formEndpoints, withClient } from './form-endpoint.ts'
import { introspect } from './introspect.ts'
import { mountJwks } from './jwks.ts'
import { mountLogout } from './logout.ts'
import { revoke } from './revoke.ts'
import { exchangeForTokens } from './token.ts'
import { mountUserinfo } from './userinfo.ts'

/** What apps that run in a browser call, whosever they are. The authorization endpoint is not called but visited. */
export const anyOriginPaths: ReadonlySet<string> = new Set([
  ...metadataPaths,
  endpoints.jwks,
  endpoints.token,
  endpoints.userinfo,
  endpoints.revocation,
])

interface Mounted {
  call: PlainCalls
  /** The page about a request that cannot go on. */
  showProblem: ShowProblem
  /** The languages of the pages, as their tags. */
  uiLocales: readonly string[]
}

/** Serves all but those that take a form from a client. */
export async function mountOauth(
  fastify: FastifyInstance,
  deps: Deps,
  { call, showProblem, uiLocales }: Mounted,
): Promise<void> {
  mountDiscovery(fastify, deps.config.issuer, uiLocales)
  mountJwks(fastify, deps.signingKeys)
  await mountAuthorize(fastify, deps, { call, showProblem })
  await mountUserinfo(fastify, deps, call)
  await mountLogout(fastify, deps, call)
  await mountEndSession(fastify, deps, { call, showProblem })
}

/** Those that take a form from a client. */
export function oauthForms(deps: Deps): FormEndpoints {
  return formEndpoints(deps, {
    [endpoints.token]: exchangeForTokens,
    [endpoints.introspection]: withClient(introspect),
    [endpoints.revocation]: revoke,
  })
}
