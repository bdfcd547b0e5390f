/**
 * HTTP/2 with every limit set: streams, headers, resets, pings, memory, and the time that a connection may stay without
 * a request. Bytes do not count as life: a peer that only pings, or sends half a header, is idle.
 *
 * Specs: RFC 9113 §5.1.2, §6.8 (GOAWAY), §10.5 (denial of service).
 */

import http2, {
  type Http2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import type { HttpHandler } from './http.ts'
import type { WireLimits } from './limits.ts'

export interface Http2 {
  server: Http2Server
  /** Tells every peer to open no more streams; each connection ends with its last one. */
  goAway(): void
}

const pingsMax = 10
const resetBurst = 200
const resetsPerSecond = 50
const invalidFramesMax = 50
const sessionMemoryMb = 10

/** A server that is handed its sockets. */
export function createHttp2Server(limits: WireLimits, handle: HttpHandler): Http2 {
  const sessions = new Set<ServerHttp2Session>()
  const server = http2.createServer(
    {
      settings: {
        maxConcurrentStreams: limits.streamsPerConnectionMax,
        maxHeaderListSize: limits.headerBytes,
        enablePush: false,
      },
      maxHeaderListPairs: limits.headersMax,
      maxOutstandingPings: pingsMax,
      maxSessionInvalidFrames: invalidFramesMax,
      maxSessionMemory: sessionMemoryMb,
      streamResetBurst: resetBurst,
      streamResetRate: resetsPerSecond,
      strictFieldWhitespaceValidation: true,
    },
    handle,
  )
  server.on('session', (session) => {
    sessions.add(session)
    session.once('close', () => sessions.delete(session))
    closeWhenIdle(session, limits)
    session.on('stream', (stream) => resetWhenStuck(stream, limits))
  })
  // A connection that breaks the protocol is closed by the library; there is nobody to tell.
  server.on('sessionError', () => {})
  return {
    server,
    goAway: () => {
      for (const session of sessions) session.close()
    },
  }
}

/** Resets a stream whose peer takes nothing of an answer that waits to be sent. A silent event stream may stay. */
function resetWhenStuck(stream: ServerHttp2Stream, limits: WireLimits): void {
  stream.setTimeout(limits.requestTimeoutMs, () => {
    if (stream.writableLength > 0) stream.close(http2.constants.NGHTTP2_CANCEL)
  })
}

/** Closes a connection that has no open stream: soon before its first one, later between two. */
function closeWhenIdle(session: ServerHttp2Session, limits: WireLimits): void {
  let open = 0
  let idle = setTimeout(() => session.destroy(), limits.helloTimeoutMs)
  session.on('stream', (stream) => {
    open += 1
    clearTimeout(idle)
    stream.once('close', () => {
      open -= 1
      if (open > 0 || session.destroyed) return
      clearTimeout(idle)
      idle = setTimeout(() => endIdle(session), limits.idleSocketTimeoutMs)
    })
  })
  session.once('close', () => clearTimeout(idle))

  function endIdle(peer: ServerHttp2Session): void {
    peer.close()
    idle = setTimeout(() => peer.destroy(), limits.helloTimeoutMs)
  }
}
