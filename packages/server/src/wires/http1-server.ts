/**
 * HTTP/1.1 with every limit set. A request that cannot be parsed is answered with a problem document, and its
 * connection is closed.
 *
 * Specs: RFC 9112 §2.2 and §6.3 (malformed and smuggled requests are refused by the parser), RFC 6585 §5 (431).
 */

import http, { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { problemMediaType, SignetError } from '../errors.ts'
import type { HttpHandler } from './http.ts'
import type { WireLimits } from './limits.ts'
import { type Problems, reasonOfStatus } from './problem.ts'
import { referenceHeader } from './response-headers.ts'
import { createStuckWrites } from './stuck-writes.ts'

export interface Http1Options {
  limits: WireLimits
  problems: Problems
  nextReference(): string
  headers(secure: boolean): Readonly<Record<string, string>>
  handle: HttpHandler
}

const checkIntervalMs = 1000

/** A server that is handed its sockets. */
export function createHttp1Server(options: Http1Options): http.Server {
  const { limits } = options
  const server = http.createServer(
    {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: Math.min(limits.helloTimeoutMs, limits.requestTimeoutMs),
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.idleSocketTimeoutMs,
      connectionsCheckingInterval: Math.min(checkIntervalMs, limits.helloTimeoutMs),
      // The dispatcher asks for exactly one, and refuses with a problem document.
      requireHostHeader: false,
      insecureHTTPParser: false,
    },
    options.handle,
  )
  // Node would drop the lines above its own maximum without a word; the dispatcher counts them instead.
  server.maxHeadersCount = 0
  server.on('clientError', (error: NodeJS.ErrnoException, socket) =>
    refuseUnparsed(options, error.code, socket as Socket),
  )
  const stuck = createStuckWrites(limits.requestTimeoutMs)
  server.on('connection', stuck.watch)
  server.on('close', stuck.close)
  // The limits on slow requests are checked by a timer that starts when a server listens, which this one never does.
  server.emit('listening')
  return server
}

function refuseUnparsed(options: Http1Options, code: string | undefined, socket: Socket): void {
  const answered =
    '_httpMessage' in socket && (socket._httpMessage as http.ServerResponse)?.headersSent
  if (code === 'ECONNRESET' || !socket.writable || answered) {
    socket.destroy()
    return
  }
  const status = statusOf(code)
  const reference = options.nextReference()
  const problem = options.problems(new SignetError(reasonOfStatus(status)), reference, status)
  const body = JSON.stringify(problem)
  const headers: Record<string, string> = {
    ...options.headers(false),
    [referenceHeader]: reference,
    'content-type': problemMediaType,
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('\r\n')}\r\n\r\n${body}`)
  socket.destroySoon()
}

function statusOf(code: string | undefined): number {
  if (code === 'HPE_HEADER_OVERFLOW') return 431
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 408
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return 413
  return 400
}
