/** The token of a request of node:http, for the frameworks that stand on it. */

import type { IncomingMessage } from 'node:http'
import { presentedToken } from './presented-token.ts'
import type { Requirements } from './requirements.ts'
import type { VerifiedToken } from './verified-token.ts'
import type { Verifier } from './verifier.ts'

/** Rejects with VerificationError. `url` is given where a framework has changed that of the request. */
export async function verifyNodeRequest(
  verifier: Verifier,
  request: IncomingMessage,
  {
    url = request.url ?? '',
    requirements,
  }: { url?: string | undefined; requirements: Requirements },
): Promise<VerifiedToken> {
  // `headers` keeps the first of several Authorization headers, as if the others were not there.
  const authorization = request.headersDistinct.authorization ?? []
  return verifier.verify(presentedToken({ authorization, url }), requirements)
}
