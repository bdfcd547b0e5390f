/**
 * Fastify, before the body is read:
 *
 *     const verifier = createVerifier({ issuer, audience, client })
 *     app.get('/invoices', { onRequest: protect(verifier, { scope: 'invoices.read' }) }, async (request) => …)
 */

import type { FastifyReply, FastifyRequest } from 'fastify'
import { challengeOf } from './challenge.ts'
import { verifyNodeRequest } from './node-request.ts'
import { VerificationError } from './refusal.ts'
import type { Requirements } from './requirements.ts'
import type { VerifiedToken } from './verified-token.ts'
import type { Verifier } from './verifier.ts'

type RawRequest = Parameters<typeof verifyNodeRequest>[1]

const tokens = new WeakMap<object, VerifiedToken>()

/** Lets a request with a good token through and answers every other. Throws TypeError for what no token could meet. */
export function protect(verifier: Verifier, requirements: Requirements = {}) {
  verifier.assertMeetable(requirements)
  return async (
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<FastifyReply | undefined> => {
    try {
      const raw = request.raw as RawRequest
      tokens.set(raw, await verifyNodeRequest(verifier, raw, { requirements }))
      return undefined
    } catch (error) {
      if (!(error instanceof VerificationError)) throw error
      const { status, headers, body } = challengeOf(error)
      return reply.code(status).headers(headers).send(body)
    }
  }
}

/** The token of a request that passed. Throws TypeError for one that no `protect` stands before. */
export function tokenOf(request: FastifyRequest): VerifiedToken {
  const token = tokens.get(request.raw)
  if (token === undefined) throw new TypeError('this route is not protected')
  return token
}
