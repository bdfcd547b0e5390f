/**
 * Sends HTTP/1.1 requests for some seconds over connections that stay open, one at a time on each; runs as a child.
 *
 * It reads no more of an answer than its status and its length, so that it is faster than what it measures. Operations that
 * end after the time is over do not count, and the next slice does not begin before they have ended.
 */

import { connect, type Socket } from 'node:net'
import { answerParent } from '../child.ts'
import { type Slice, sliceOf } from '../slices.ts'
import { type HttpRequest, messageOf, readAnswer } from './http-message.ts'

export interface HttpLoad {
  /** Of the server, such as http://127.0.0.1:8080. */
  origin: string
  /** One per connection, in turn. */
  requests: HttpRequest[]
  connections: number
  seconds: number
  /** Whether it keeps a core to itself; see `stayAwake`. */
  awake?: boolean
}

answerParent(runLoad)

async function runLoad(question: HttpLoad): Promise<Slice> {
  const { origin, requests, connections, seconds, awake = false } = question
  const { hostname, port, host } = new URL(origin)
  const messages = requests.map((request) => messageOf(host, request))
  const startedAt = performance.now()
  const deadline = startedAt + seconds * 1000
  const latencies: number[] = []
  if (awake) stayAwake(deadline)
  await Promise.all(
    Array.from({ length: connections }, (_, index) =>
      exchange(connect({ host: hostname, port: Number(port), noDelay: true }), {
        request: messages[index % messages.length] ?? Buffer.alloc(0),
        deadline,
        latencies,
      }),
    ),
  )
  return sliceOf(latencies, { seconds, late: connections })
}

/**
 * Until then this process does not sleep. Whoever writes to a process that sleeps pays for waking it, which on a virtual machine
 * is more than the rest of a small answer; a server that keeps this one busy would not pay, and one that is half as fast would.
 */
function stayAwake(deadline: number): void {
  if (performance.now() < deadline) setImmediate(stayAwake, deadline)
}

interface Exchange {
  request: Buffer
  /** By the monotonic clock, in milliseconds. */
  deadline: number
  /** Where the milliseconds of each operation in time are added. */
  latencies: number[]
}

/** Sends the request again as soon as it is answered, until the time is over. Rejects at the first answer other than 200. */
function exchange(socket: Socket, { request, deadline, latencies }: Exchange): Promise<void> {
  return new Promise((resolve, reject) => {
    let sentAt = 0
    let received: Buffer = Buffer.alloc(0)

    function send(): void {
      sentAt = performance.now()
      socket.write(request)
    }

    function receive(chunk: Buffer): void {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
      const answer = readAnswer(received)
      if (answer === undefined) return
      if (answer.status !== 200) {
        socket.destroy(new Error(`answered ${received.toString('utf8').slice(0, 600)}`))
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
