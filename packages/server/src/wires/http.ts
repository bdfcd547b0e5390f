/** HTTP/1.1 and HTTP/2 under one name: the second speaks through Node's compatibility interface. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'

export type HttpRequest = IncomingMessage | Http2ServerRequest
export type HttpResponse = ServerResponse | Http2ServerResponse
export type HttpHandler = (req: HttpRequest, res: HttpResponse) => void

/** Calls back when the answer can reach nobody any more: at once where that is so already. */
export function whenGone(res: HttpResponse, listener: () => void): void {
  if (isGone(res)) listener()
  else res.once('close', listener)
}

/** Whether the caller of this answer has left. `close` is not emitted again. */
export function isGone(res: HttpResponse): boolean {
  return 'stream' in res ? res.stream.destroyed : res.destroyed
}

/** The caller's trace; undefined where there is none or more than one. */
export function traceparentOf({ headers }: HttpRequest): string | undefined {
  const { traceparent } = headers
  return typeof traceparent === 'string' ? traceparent : undefined
}

/** The idempotency key as it came; two headers are one text that is no key. */
export function idempotencyKeyOf({ headers }: HttpRequest): string | undefined {
  const value = headers['idempotency-key']
  return Array.isArray(value) ? value.join(', ') : value
}

/** The path of a request target, without its query. */
export function pathOf(req: HttpRequest): string {
  const url = req.url ?? ''
  const query = url.indexOf('?')
  return query === -1 ? url : url.slice(0, query)
}
