/**
 * Protects anything that is handed a `Request` and answers a `Response`. The adapters for frameworks do the same in the
 * words of each framework.
 */

import { challengeOf } from './challenge.ts'
import { presentedToken } from './presented-token.ts'
import { VerificationError } from './refusal.ts'
import type { Requirements } from './requirements.ts'
import type { VerifiedToken } from './verified-token.ts'
import type { Verifier } from './verifier.ts'

/** The token of a request; or the response to answer, with challenge and problem document, where it is refused. */
export async function verifyRequest(
  verifier: Verifier,
  request: Request,
  requirements?: Requirements,
): Promise<VerifiedToken | Response> {
  try {
    // Several headers of one name are one here, joined by commas, which no token holds.
    const header = request.headers.get('authorization')
    const authorization = header === null ? [] : [header]
    return await verifier.verify(presentedToken({ authorization, url: request.url }), requirements)
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error
    const { status, headers, body } = challengeOf(error)
    return new Response(body, { status, headers })
  }
}
