/** The endpoints that other people's specifications define, at their paths. */

import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import type { PlainCalls } from '../wires/rest/rest.ts'
import { mountFormEndpoints } from './form-endpoint.ts'
import { introspect } from './introspect.ts'
import { mountJwks } from './jwks.ts'
import { mountLogout } from './logout.ts'
import { revoke } from './revoke.ts'

/** Serves them all. */
export async function mountOauth(
  fastify: FastifyInstance,
  deps: Deps,
  call: PlainCalls,
): Promise<void> {
  mountJwks(fastify, deps.signingKeys)
  await mountLogout(fastify, deps, call)
  await mountFormEndpoints(fastify, deps, {
    call,
    handlers: { '/oauth2/introspect': introspect, '/oauth2/revoke': revoke },
  })
}
