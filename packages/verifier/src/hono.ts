/**
 * Hono:
 *
 *     const verifier = createVerifier({ issuer, audience, client })
 *     app.get('/invoices', protect(verifier, { scope: 'invoices.read' }), (context) => …)
 */

import type { Context, MiddlewareHandler } from 'hono'
import { verifyRequest } from './request.ts'
import type { Requirements } from './requirements.ts'
import type { VerifiedToken } from './verified-token.ts'
import type { Verifier } from './verifier.ts'

const tokens = new WeakMap<Request, VerifiedToken>()

/** Lets a request with a good token through and answers every other. Throws TypeError for what no token could meet. */
export function protect(verifier: Verifier, requirements: Requirements = {}): MiddlewareHandler {
  verifier.assertMeetable(requirements)
  return async (context, next) => {
    const { raw } = context.req
    const token = await verifyRequest(verifier, raw, requirements)
    if (token instanceof Response) return token
    tokens.set(raw, token)
    await next()
    return undefined
  }
}

/** The token of a request that passed. Throws TypeError for one that no `protect` stands before. */
export function tokenOf(context: Context): VerifiedToken {
  const token = tokens.get(context.req.raw)
  if (token === undefined) throw new TypeError('this route is not protected')
  return token
}
