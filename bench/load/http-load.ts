/**
 * Sends HTTP/1.1 requests for some seconds over connections that stay open, one at a time on each; runs as a child.
 *
 * It reads no more of an answer than its status and its length, so that it is faster than what it measures. What counts is in
 * steady-count.ts; the next slice does not begin before everything that was begun has ended.
 */

import { connect, type Socket } from 'node:net'
import { answerParent } from '../child.ts'
import type { Slice } from '../slices.ts'
import { type HttpRequest, messageOf, readAnswer } from './http-message.ts'
import { openSteadyCount, type SteadyCount } from './steady-count.ts'

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
  const count = openSteadyCount(connections, seconds)
  const rest = awake ? stayAwake() : undefined
  const sockets = Array.from({ length: connections }, () =>
    connect({ host: hostname, port: Number(port), noDelay: true }),
  )
  const exchanges = sockets.map((socket, connection) => {
    const request = messages[connection % messages.length] ?? Buffer.alloc(0)
    return exchange(socket, { request, connection, count })
  })
  try {
    await Promise.all(exchanges)
  } finally {
    // Where one has failed, the others would go on.
    for (const socket of sockets) socket.destroy()
    rest?.()
  }
  return count.slice()
}

/**
 * Until the answer is called, this process does not sleep. Whoever writes to a process that sleeps pays for waking it, which on a virtual machine
 * is more than the rest of a small answer; a server that keeps this one busy would not pay, and one that is half as fast would.
 */
function stayAwake(): () => void {
  let turn = setImmediate(function again() {
    turn = setImmediate(again)
  })
  return () => clearImmediate(turn)
}

interface Exchange {
  request: Buffer
  /** Which of them it is. */
  connection: number
  count: SteadyCount
}

/** Sends the request again as soon as it is answered, until the time is over. Rejects at the first answer other than 200, and without one. */
function exchange(socket: Socket, { request, connection, count }: Exchange): Promise<void> {
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
      if (count.add(connection, sentAt, performance.now())) {
        send()
        return
      }
      resolve()
      socket.end()
    }

    socket.on('connect', send).on('data', receive).on('error', reject)
    socket.on('close', () => reject(new Error('closed the connection without an answer')))
  })
}
