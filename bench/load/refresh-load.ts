/**
 * Refreshes over HTTP/1.1 for some seconds, one at a time on each connection, each time with the refresh token that the
 * answer before brought; runs as a child.
 */

import { connect, type Socket } from 'node:net'
import { answerParent } from '../child.ts'
import { type Slice, sliceOf } from '../slices.ts'
import { type HttpRequest, messageOf, readAnswer } from './http-message.ts'

export interface RefreshLoad {
  /** Of the server, such as http://127.0.0.1:8080. */
  origin: string
  /** One for each connection. */
  refreshTokens: string[]
  seconds: number
  /** Where it is a token endpoint of OAuth: its path, and the public client whose tokens they are. */
  oauth?: { path: string; clientId: string }
}

export interface RefreshLoaded {
  slice: Slice
  /** Where the next slice goes on. */
  refreshTokens: string[]
}

answerParent(runLoad)

async function runLoad({
  origin,
  refreshTokens,
  seconds,
  oauth,
}: RefreshLoad): Promise<RefreshLoaded> {
  const { hostname, port, host } = new URL(origin)
  const deadline = performance.now() + seconds * 1000
  const latencies: number[] = []
  const last = await Promise.all(
    refreshTokens.map((refreshToken) => {
      const socket = connect({ host: hostname, port: Number(port), noDelay: true })
      return rotate(socket, { host, refreshToken, oauth, deadline, latencies })
    }),
  )
  return {
    slice: sliceOf(latencies, { seconds, uncounted: refreshTokens.length }),
    refreshTokens: last,
  }
}

interface Rotation {
  host: string
  refreshToken: string
  oauth: RefreshLoad['oauth']
  /** By the monotonic clock, in milliseconds. */
  deadline: number
  latencies: number[]
}

/** Rotates until the time is over; the last refresh token. Rejects where an answer brings no other one. */
function rotate(socket: Socket, rotation: Rotation): Promise<string> {
  const { host, refreshToken, oauth, deadline, latencies } = rotation
  return new Promise<string>((resolve, reject) => {
    let current = refreshToken
    let sentAt = 0
    let received: Buffer = Buffer.alloc(0)

    function send(): void {
      sentAt = performance.now()
      socket.write(messageOf(host, requestOf(current, oauth)))
    }

    function receive(chunk: Buffer): void {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
      const answer = readAnswer(received)
      if (answer === undefined) return
      const text = received.toString('latin1', 0, answer.length)
      const successor = /"refresh_?[tT]oken":"([\w-]+)"/.exec(text)?.[1]
      if (answer.status !== 200 || successor === undefined || successor === current) {
        socket.destroy(new Error(`answered ${text.slice(0, 200)}`))
        return
      }
      received = received.subarray(answer.length)
      current = successor
      const now = performance.now()
      if (now > deadline) {
        socket.end()
        return
      }
      latencies.push(now - sentAt)
      send()
    }

    socket.on('connect', send).on('data', receive).on('error', reject)
    socket.on('close', () => resolve(current))
  })
}

function requestOf(refreshToken: string, oauth: RefreshLoad['oauth']): HttpRequest {
  if (oauth === undefined)
    return { method: 'POST', path: '/api/v1/auth/refresh', json: { refreshToken } }
  const form = {
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
    client_id: oauth.clientId,
  }
  return { method: 'POST', path: oauth.path, form }
}
