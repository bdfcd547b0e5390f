/**
 * Publishes the keys that verify our tokens, at the place where every library looks.
 *
 * Specs: RFC 7517 §5, RFC 8414 §2 (`jwks_uri`).
 */

import type { FastifyInstance } from 'fastify'
import { keySetLifetimeSeconds } from '../tokens/key-set-lifetime.ts'
import type { SigningKeys } from '../tokens/signing-keys.ts'
import { endpoints } from './endpoints.ts'

/** Serves `/.well-known/jwks.json`: public keys only, readable by pages of any origin. */
export function mountJwks(fastify: FastifyInstance, signingKeys: SigningKeys): void {
  fastify.get(endpoints.jwks, async (_request, reply) =>
    reply
      .header('cache-control', `public, max-age=${keySetLifetimeSeconds}`)
      .type('application/jwk-set+json')
      .send(JSON.stringify(signingKeys.jwks())),
  )
}
