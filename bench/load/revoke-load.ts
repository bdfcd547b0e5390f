/**
 * Ends sessions over HTTP/1.1 for some seconds, each by its id and each once, so many connections at a time; runs as a
 * child.
 */

import { connect, type Socket } from 'node:net'
import { answerParent } from '../child.ts'
import { type Slice, sliceOf } from '../slices.ts'
import { messageOf, readAnswer } from './http-message.ts'

export interface RevokeLoad {
  /** Of the server, such as http://127.0.0.1:8080. */
  origin: string
  /** Of the user whose sessions they are. */
  accessToken: string
  /** Live sessions, each to be ended once. */
  sessionIds: string[]
  connections: number
  seconds: number
}

answerParent(async (load: RevokeLoad): Promise<Slice> => {
  const { hostname, port } = new URL(load.origin)
  const startedAt = performance.now()
  const work: Work = {
    load,
    left: [...load.sessionIds],
    deadline: startedAt + load.seconds * 1000,
    latencies: [],
  }
  const sockets = Array.from({ length: load.connections }, () =>
    revoke(connect({ host: hostname, port: Number(port), noDelay: true }), work),
  )
  await Promise.all(sockets)
  const { latencies } = work
  // Where all sessions were used up before the time was, the slice was shorter.
  const seconds = Math.min(load.seconds, (performance.now() - startedAt) / 1000)
  return sliceOf(latencies, { seconds, uncounted: load.connections })
})

interface Work {
  load: RevokeLoad
  left: string[]
  /** By the monotonic clock, in milliseconds. */
  deadline: number
  latencies: number[]
}

/** Ends one session after the other until the time is over. Rejects where an answer is no end of a session. */
function revoke(socket: Socket, { load, left, deadline, latencies }: Work): Promise<void> {
  const { host } = new URL(load.origin)
  return new Promise((resolve, reject) => {
    let sentAt = 0
    let received: Buffer = Buffer.alloc(0)

    function send(): void {
      const sessionId = left.pop()
      if (sessionId === undefined) {
        socket.end()
        return
      }
      sentAt = performance.now()
      const path = `/api/v1/sessions/${sessionId}`
      socket.write(messageOf(host, { method: 'DELETE', path, accessToken: load.accessToken }))
    }

    function receive(chunk: Buffer): void {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
      const answer = readAnswer(received)
      if (answer === undefined) return
      const text = received.toString('latin1', 0, answer.length)
      if (answer.status !== 200 || !/"position":"\d+"/.test(text)) {
        socket.destroy(new Error(`answered ${text.slice(0, 300)}`))
        return
      }
      received = received.subarray(answer.length)
      const now = performance.now()
      if (now > deadline) {
        socket.end()
        return
      }
      latencies.push(now - sentAt)
      send()
    }

    socket.on('connect', send).on('data', receive).on('error', reject)
    socket.on('close', () => resolve())
  })
}
