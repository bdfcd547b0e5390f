/**
 * HTTP/1.1 over so many connections as are needed, and no more than there may be: one request at a time on each, every answer
 * read whole.
 *
 * A request that finds no free connection waits for one, in order of arrival; who has waited too long is never sent.
 */

import { connect, type Socket } from 'node:net'
import { readAnswer } from '../load/http-message.ts'

export interface Answer {
  status: number
  /** By names in lower case. */
  headers: Readonly<Record<string, string>>
  body: string
}

/** No whole answer came: the connection was refused, reset or closed, or nothing came in time. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer'
}

/** All connections were taken for too long. */
export class NotSent extends Error {
  override readonly name = 'NotSent'
}

export interface Connections {
  /** Throws NoAnswer and NotSent. */
  send(message: Buffer): Promise<Answer>
  close(): void
}

const answerTimeoutMs = 60_000
const waitMaxMs = 5_000
/** Well before the server closes a connection that nobody uses. */
const idleMaxMs = 20_000

interface Waiting {
  resolve(): void
  timer: NodeJS.Timeout
}

/** Connections to the server at this address, such as http://127.0.0.1:40123. */
export function openConnections(origin: string, connectionsMax: number): Connections {
  const { hostname, port } = new URL(origin)
  const sockets = new Set<Socket>()
  const waiting = new Set<Waiting>()
  let idle: { socket: Socket; since: number }[] = []
  let places = connectionsMax

  async function take(): Promise<Socket> {
    if (places === 0) await freePlace()
    else places -= 1
    for (;;) {
      const last = idle.pop()
      if (last === undefined) break
      if (!last.socket.destroyed && performance.now() - last.since < idleMaxMs) return last.socket
      last.socket.destroy()
    }
    const socket = connect({ host: hostname, port: Number(port), noDelay: true })
    sockets.add(socket)
    // Heard by whoever waits for an answer on it; an idle one that breaks concerns nobody.
    socket.on('error', () => {})
    socket.once('close', () => {
      sockets.delete(socket)
      idle = idle.filter((each) => each.socket !== socket)
    })
    return socket
  }

  function freePlace(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(place)
        reject(new NotSent('all connections were taken'))
      }, waitMaxMs)
      const place = { resolve, timer }
      waiting.add(place)
    })
  }

  function giveBack(socket: Socket, reusable: boolean): void {
    if (reusable) idle.push({ socket, since: performance.now() })
    else socket.destroy()
    const [next] = waiting
    if (next === undefined) {
      places += 1
      return
    }
    waiting.delete(next)
    clearTimeout(next.timer)
    next.resolve()
  }

  return {
    async send(message) {
      const socket = await take()
      try {
        const answer = await exchange(socket, message)
        giveBack(socket, answer.headers.connection !== 'close')
        return answer
      } catch (error) {
        giveBack(socket, false)
        throw error
      }
    },
    close() {
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Sends and reads one whole answer. The connection is silent before and after. */
function exchange(socket: Socket, message: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const timer = setTimeout(() => fail(`nothing within ${answerTimeoutMs} ms`), answerTimeoutMs)

    function done(): void {
      clearTimeout(timer)
      socket.off('data', receive).off('error', broke).off('close', closed)
    }
    function fail(sentence: string): void {
      done()
      reject(new NoAnswer(sentence))
    }
    const broke = (error: Error) => fail(error.message)
    const closed = () => fail('the connection was closed')

    function receive(chunk: Buffer): void {
      chunks.push(chunk)
      const received = chunks.length === 1 ? chunk : Buffer.concat(chunks)
      const whole = readAnswer(received)
      if (whole === undefined) return
      done()
      if (received.length > whole.length) reject(new NoAnswer('more came than one answer'))
      else resolve(answerOf(received, whole.status))
    }

    socket.on('data', receive).on('error', broke).on('close', closed)
    socket.write(message)
  })
}

function answerOf(received: Buffer, status: number): Answer {
  const text = received.toString('utf8')
  const headEnd = text.indexOf('\r\n\r\n')
  const headers = text
    .slice(0, headEnd)
    .split('\r\n')
    .slice(1)
    .map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    })
  return { status, headers: Object.fromEntries(headers), body: text.slice(headEnd + 4) }
}
