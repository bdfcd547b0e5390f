/**
 * What happens to a request before anything looks at its content: limits of the header, CORS, and the choice between a
 * procedure of the contract, forms, the contract's REST paths and everything else.
 *
 * Specs: RFC 9112 §3.2 (exactly one Host) and §3.2.2 (a server accepts the absolute form of a request target),
 * RFC 6585 §5 (431).
 */

import { ErrorReason } from '@signet/contract'
import { reasonName, SignetError } from '../errors.ts'
import type { Cors } from './cors.ts'
import type { Forms } from './form-endpoints.ts'
import { type HttpHandler, type HttpRequest, type HttpResponse, pathOf } from './http.ts'
import type { WireLimits } from './limits.ts'
import { type RefuseOptions, refuse } from './refuse.ts'
import { referenceHeader } from './response-headers.ts'
import type { Rest } from './rest/rest.ts'
import type { Rpc } from './rpc/rpc.ts'

export interface DispatchOptions extends RefuseOptions {
  limits: WireLimits
  cors: Cors
  rpc: Rpc
  /** What is no procedure; undefined on a port that serves procedures alone. */
  plain: { rest: Rest; forms: Forms; others: HttpHandler } | undefined
  nextReference(): string
}

/** The handler of every request on a port. */
export function createDispatch(options: DispatchOptions): HttpHandler {
  return (req, res) => {
    try {
      acceptHeader(options.limits, req, res)
      if (options.cors(req, res)) return
      const path = pathOf(req)
      if (options.rpc.serves(path)) {
        serveRpc(options, req, res)
        return
      }
      const { plain } = options
      if (plain === undefined) throw new SignetError(ErrorReason.NOT_FOUND)
      if (plain.forms.serves(path)) plain.forms.handle(req, res)
      else if (!plain.rest.handle(path, req, res)) plain.others(req, res)
    } catch (error) {
      refuseUncalled(options, error, { req, res })
    }
  }
}

function acceptHeader(limits: WireLimits, req: HttpRequest, res: HttpResponse): void {
  const { rawHeaders } = req
  if (rawHeaders.length > limits.headersMax * 2) throw new HeaderTooLarge()
  if (req.httpVersionMajor === 2) {
    // The parser of HTTP/1.1 counts bytes itself; HTTP/2 only tells the peer how many are welcome.
    if (headerBytes(rawHeaders) > limits.headerBytes) throw new HeaderTooLarge()
    limitBodyTime(limits, req, res)
  } else if (hostCount(rawHeaders) !== 1 && req.httpVersionMinor === 1)
    throw new SignetError(ErrorReason.INVALID_ARGUMENT, { detail: 'not exactly one Host' })
  const target = req.url ?? ''
  if (!target.startsWith('/')) req.url = pathOfAbsolute(target)
}

function headerBytes(rawHeaders: readonly string[]): number {
  let bytes = 0
  for (const part of rawHeaders) bytes += part.length
  return bytes
}

function hostCount(rawHeaders: readonly string[]): number {
  let count = 0
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? ''
    if (name.length === 4 && name.toLowerCase() === 'host') count += 1
  }
  return count
}

/** The path and query of a target in absolute form. */
function pathOfAbsolute(target: string): string {
  const url = /^https?:\/\//i.test(target) ? URL.parse(target) : null
  if (url === null) throw new SignetError(ErrorReason.INVALID_ARGUMENT)
  return `${url.pathname}${url.search}`
}

/** HTTP/2 streams have no time limit of their own for a body to arrive. */
function limitBodyTime(limits: WireLimits, req: HttpRequest, res: HttpResponse): void {
  if (!('stream' in req) || req.stream.endAfterHeaders) return
  const timer = setTimeout(() => req.stream.close(), limits.requestTimeoutMs * 2)
  const clear = () => clearTimeout(timer)
  req.once('end', clear)
  res.once('close', clear)
}

function serveRpc(options: DispatchOptions, req: HttpRequest, res: HttpResponse): void {
  const reference = options.nextReference()
  const { ipAddress, secure, country } = options.clientAddress(req)
  res.setHeader(referenceHeader, reference)
  for (const [name, value] of Object.entries(options.headers(secure))) res.setHeader(name, value)
  options.rpc
    .handle(req, res, { reference, ipAddress, country })
    .catch((error) => refuseUncalled(options, error, { req, res, reference }))
}

class HeaderTooLarge extends SignetError {
  constructor() {
    super(ErrorReason.TOO_LARGE, { detail: 'too many header lines' })
  }
}

/** A request that is refused before it becomes a call is counted all the same. */
function refuseUncalled(
  options: DispatchOptions,
  error: unknown,
  exchange: { req: HttpRequest; res: HttpResponse; reference?: string },
): void {
  const reference = exchange.reference ?? options.nextReference()
  const status = error instanceof HeaderTooLarge ? 431 : undefined
  const refusal = refuse(options, error, { ...exchange, reference, status })
  options.app.observe?.({
    method: undefined,
    wire: 'rest',
    result: reasonName(refusal.reason),
    seconds: 0,
    reference,
  })
}
