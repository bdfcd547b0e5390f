/** Where a plain HTTP request comes from, in the words of the pipeline. */

import type { PlainRequest } from '../call/call.ts'
import type { ClientAddress } from './client-address.ts'
import { type HttpRequest, type HttpResponse, traceparentOf, whenGone } from './http.ts'
import type { WireLimits } from './limits.ts'

export interface OriginOptions {
  limits: WireLimits
  clientAddress(req: HttpRequest): ClientAddress
}

/** One request, its answer, and the reference that finds both in the log. */
export interface Exchange {
  req: HttpRequest
  res: HttpResponse
  reference: string
}

/** The origin of a call; `secure` tells whether the caller's own connection is encrypted. */
export function originOf(
  { limits, clientAddress }: OriginOptions,
  { req, res, reference }: Exchange,
): PlainRequest & { secure: boolean } {
  const { headers } = req
  const { ipAddress, secure, country } = clientAddress(req)
  return {
    wire: 'rest',
    reference,
    ipAddress,
    secure,
    country,
    userAgent: headers['user-agent'] ?? '',
    authorization: headers.authorization,
    traceparent: traceparentOf(req),
    timeoutMs: limits.requestTimeoutMs,
    onGone: (listener) => whenGone(res, listener),
  }
}
