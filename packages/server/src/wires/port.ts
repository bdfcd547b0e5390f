/**
 * One port for HTTP/1.1 and HTTP/2, plain or over TLS.
 *
 * 1. A connection has a short time to say something; a silent one is closed.
 * 2. Over TLS, ALPN names the protocol. In plain text the first three bytes do: only HTTP/2 begins with `PRI`.
 * 3. The socket goes to the server of that protocol, which knows nothing of ports.
 *
 * Specs: RFC 9113 §3.3 and §3.4 (prior knowledge, preface), RFC 7301 (ALPN).
 */

import type { Socket } from 'node:net'
import tls from 'node:tls'
import { formatSocketAddress, type SocketAddress } from '../config/socket-address.ts'
import { createAcceptors } from './acceptors.ts'
import type { WireLimits } from './limits.ts'

export interface TlsFiles {
  /** The certificate chain as PEM. */
  certificate: string
  key: { reveal(): string }
}

export interface PortOptions {
  address: SocketAddress
  tls: TlsFiles | undefined
  limits: WireLimits
  onHttp1(socket: Socket): void
  onHttp2(socket: Socket): void
}

export interface Port {
  /** Starts accepting; answers the address in use, such as `127.0.0.1:8080` or `[::1]:8080`. */
  listen(): Promise<string>
  /** Stops accepting. Resolves once every connection has ended. */
  close(): Promise<void>
  /** Ends every connection at once. */
  destroy(): void
}

const sniffBytes = 3

export function createPort(options: PortOptions): Port {
  const { limits } = options
  const sockets = new Set<Socket>()
  const secure = options.tls && secureServer(options.tls, options)
  const acceptors = createAcceptors(options.address, (socket) => {
    if (sockets.size >= limits.connectionsMax) {
      socket.destroy()
      return
    }
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    // A connection that breaks concerns nobody but the requests on it, which see it end.
    socket.on('error', () => socket.destroy())
    if (secure === undefined) sniff(socket, options)
    else secure.emit('connection', socket)
  })
  return {
    async listen() {
      const { address: host, port } = await acceptors.listen()
      return formatSocketAddress({ host, port })
    },
    close: acceptors.close,
    destroy: () => {
      for (const socket of sockets) socket.destroy()
    },
  }
}

function secureServer(files: TlsFiles, options: PortOptions): tls.Server {
  const server = tls.createServer({
    cert: files.certificate,
    key: files.key.reveal(),
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['h2', 'http/1.1'],
    handshakeTimeout: options.limits.helloTimeoutMs,
  })
  server.on('secureConnection', (socket) => {
    if (socket.alpnProtocol === 'h2') options.onHttp2(socket)
    else options.onHttp1(socket)
  })
  server.on('tlsClientError', (_error, socket) => socket.destroy())
  return server
}

/** Waits for the first bytes, puts them back and passes the socket on. */
function sniff(socket: Socket, options: PortOptions): void {
  let given: NodeJS.Immediate | undefined
  const silent = setTimeout(() => {
    // Where it was this process that stood still, the bytes are waiting to be read: read them first.
    given = setImmediate(() => socket.destroy())
  }, options.limits.helloTimeoutMs)
  const heard = () => {
    clearTimeout(silent)
    clearImmediate(given)
  }
  socket.once('close', heard)
  let seen: Buffer = Buffer.alloc(0)
  const onReadable = () => {
    const chunk: Buffer | null = socket.read()
    if (chunk === null) return
    seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk])
    const isHttp2 = startsHttp2(seen)
    if (isHttp2 === undefined) return
    heard()
    socket.off('readable', onReadable)
    socket.unshift(seen)
    if (isHttp2) options.onHttp2(socket)
    else options.onHttp1(socket)
  }
  socket.on('readable', onReadable)
  socket.once('end', heard)
}

/** Whether these bytes begin the preface of HTTP/2; undefined while they are too few to tell. */
function startsHttp2(bytes: Buffer): boolean | undefined {
  const head = bytes.toString('latin1', 0, sniffBytes)
  if (!'PRI'.startsWith(head)) return false
  return head.length === sniffBytes ? true : undefined
}
