/** HTTP/1.1 and HTTP/2 under one name: the second speaks through Node's compatibility interface. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'

export type HttpRequest = IncomingMessage | Http2ServerRequest
export type HttpResponse = ServerResponse | Http2ServerResponse
export type HttpHandler = (req: HttpRequest, res: HttpResponse) => void

/** The path of a request target, without its query. */
export function pathOf(req: HttpRequest): string {
  const url = req.url ?? ''
  const query = url.indexOf('?')
  return query === -1 ? url : url.slice(0, query)
}
