/**
 * Which pages of other origins may call: an exact list, empty by default. Cookies never count across origins.
 *
 * What others specify for apps that run in a browser anywhere may be called from every origin: what is asked there is proved by
 * what is sent, never by a cookie, and such an app may be anybody's.
 *
 * Specs: the Fetch standard, CORS protocol.
 */

import { ErrorReason } from '@signet/contract'
import { SignetError } from '../errors.ts'
import { type HttpRequest, type HttpResponse, pathOf } from './http.ts'

const preflightSeconds = 7200
const allowedMethods = 'GET, HEAD, POST, PUT, PATCH, DELETE'
const allowedHeaders = [
  'Authorization',
  'Content-Type',
  'Content-Encoding',
  'Connect-Protocol-Version',
  'Connect-Timeout-Ms',
  'Grpc-Timeout',
  'Idempotency-Key',
  'X-Grpc-Web',
  'X-User-Agent',
].join(', ')
const exposedHeaders = [
  'Signet-Reference',
  'Retry-After',
  'WWW-Authenticate',
  'Grpc-Status',
  'Grpc-Message',
  'Grpc-Status-Details-Bin',
].join(', ')

/**
 * Sets the CORS headers of a request that names an origin. Answers whether it was a preflight, which then is complete.
 * Throws ORIGIN_NOT_ALLOWED for the preflight of any other origin; its plain requests are served without CORS headers,
 * so that its pages cannot read the answers.
 */
export type Cors = (req: HttpRequest, res: HttpResponse) => boolean

export function createCors(
  origins: readonly string[],
  anyOriginPaths: ReadonlySet<string> = new Set(),
): Cors {
  const allowed = new Set(origins)
  return (req, res) => {
    const { origin } = req.headers
    if (origin === undefined) return false
    const preflight =
      req.method === 'OPTIONS' && req.headers['access-control-request-method'] !== undefined
    const anyOrigin = anyOriginPaths.has(pathOf(req))
    if (!anyOrigin && !allowed.has(origin)) {
      if (preflight) throw new SignetError(ErrorReason.ORIGIN_NOT_ALLOWED)
      return false
    }
    res.setHeader('access-control-allow-origin', anyOrigin ? '*' : origin)
    res.setHeader('access-control-expose-headers', exposedHeaders)
    if (!preflight) return false
    res.setHeader('access-control-allow-methods', allowedMethods)
    res.setHeader('access-control-allow-headers', allowedHeaders)
    res.setHeader('access-control-max-age', preflightSeconds)
    res.statusCode = 204
    res.end()
    return true
  }
}
