/**
 * Express and Connect-style middleware, and anything else that calls `(request, response, next)` of node:http:
 *
 *     const verifier = createVerifier({ issuer, audience, client })
 *     app.get('/invoices', protect(verifier, { scope: 'invoices.read' }), (request, response) => …)
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { challengeOf } from './challenge.ts'
import { verifyNodeRequest } from './node-request.ts'
import { VerificationError } from './refusal.ts'
import type { Requirements } from './requirements.ts'
import type { VerifiedToken } from './verified-token.ts'
import type { Verifier } from './verifier.ts'

type Next = (error?: unknown) => void

const tokens = new WeakMap<IncomingMessage, VerifiedToken>()

/** Lets a request with a good token through and answers every other. Throws TypeError for what no token could meet. */
export function protect(verifier: Verifier, requirements: Requirements = {}) {
  verifier.assertMeetable(requirements)
  return async (
    request: IncomingMessage & { originalUrl?: string },
    response: ServerResponse,
    next: Next,
  ): Promise<void> => {
    try {
      const url = request.originalUrl
      tokens.set(request, await verifyNodeRequest(verifier, request, { url, requirements }))
    } catch (error) {
      if (!(error instanceof VerificationError)) return next(error)
      const { status, headers, body } = challengeOf(error)
      response.writeHead(status, headers).end(body)
      return
    }
    next()
  }
}

/** The token of a request that passed. Throws TypeError for one that no `protect` stands before. */
export function tokenOf(request: IncomingMessage): VerifiedToken {
  const token = tokens.get(request)
  if (token === undefined) throw new TypeError('this route is not protected')
  return token
}
