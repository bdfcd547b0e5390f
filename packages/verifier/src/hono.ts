/**
 * Hono:
 *
 *     const verifier = createVerifier({ issuer, audience, client })
 *     app.get('/invoices', protect(verifier, { scope: 'invoices.read' }), (context) => …)
 */

import type { Context, HonoRequest, MiddlewareHandler } from 'hono'
import { verifyRequest } from './request.ts'
import type { Requirements } from './requirements.ts'
import type { VerifiedToken } from './verified-token.ts'
import type { Verifier } from './verifier.ts'

/** By what stays: others, such as a limit on bodies, put another raw request in the place of the one that was verified. */
const tokens = new WeakMap<HonoRequest, VerifiedToken>()

/** Lets a request with a good token through and answers every other. Throws TypeError for what no token could meet. */
export function protect(verifier: Verifier, requirements: Requirements = {}): MiddlewareHandler {
  verifier.assertMeetable(requirements)
  return async (context, next) => {
    const token = await verifyRequest(verifier, context.req.raw, requirements)
    if (token instanceof Response) return token
    tokens.set(context.req, token)
    await next()
    return undefined
  }
}

/** The token of a request that passed. Throws TypeError for one that no `protect` stands before. */
export function tokenOf(context: Context): VerifiedToken {
  const token = tokens.get(context.req)
  if (token === undefined) throw new TypeError('this route is not protected')
  return token
}
