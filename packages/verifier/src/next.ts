/**
 * Route handlers of Next.js, and of anything else that exports functions of a `Request`:
 *
 *     const verifier = createVerifier({ issuer, audience, client })
 *     export const GET = protect(verifier, { scope: 'invoices.read' }, async (request, token) => …)
 */

import { verifyRequest } from './request.ts'
import type { Requirements } from './requirements.ts'
import type { VerifiedToken } from './verified-token.ts'
import type { Verifier } from './verifier.ts'

/** A handler that is given the token; whatever else the framework passes follows. */
type Protected<R extends Request, Rest extends unknown[]> = (
  request: R,
  token: VerifiedToken,
  ...rest: Rest
) => Response | Promise<Response>

/** Calls the handler for a request with a good token and answers every other. Throws TypeError for what no token could meet. */
export function protect<R extends Request, Rest extends unknown[]>(
  verifier: Verifier,
  requirements: Requirements,
  handler: Protected<R, Rest>,
): (request: R, ...rest: Rest) => Promise<Response> {
  verifier.assertMeetable(requirements)
  return async (request, ...rest) => {
    const token = await verifyRequest(verifier, request, requirements)
    return token instanceof Response ? token : handler(request, token, ...rest)
  }
}
