/**
 * Publishes the keys that verify our tokens, at the place where every library looks.
 *
 * Specs: RFC 7517 §5, RFC 8414 §2 (`jwks_uri`).
 */

import type { FastifyInstance } from 'fastify'
import type { SigningKeys } from '../tokens/signing-keys.ts'

/** How long others may keep the set, in seconds. A new key is published for at least this long before it signs. */
const cacheLifetimeSeconds = 300

/** Serves `/.well-known/jwks.json`: public keys only, readable by pages of any origin. */
export function mountJwks(fastify: FastifyInstance, signingKeys: SigningKeys): void {
  fastify.get('/.well-known/jwks.json', async (_request, reply) =>
    reply
      .header('cache-control', `public, max-age=${cacheLifetimeSeconds}`)
      .type('application/jwk-set+json')
      .send(JSON.stringify(signingKeys.jwks())),
  )
}
