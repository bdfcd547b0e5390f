/** A way to the service that counts what passes, loses answers, holds them back, and can be gone. */

import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface UnreliableNetwork {
  url: string
  /** How often a method such as `RefreshTokens` was asked for. */
  asked(method: string): number
  /** Lets the service act on the next calls of a method, and cuts the connection instead of answering. */
  loseAnswers(method: string, times: number): void
  /** Holds the next answer of a method back. `arrived` resolves when the service has given it. */
  holdAnswer(method: string): { arrived: Promise<void>; release(): void }
  /** Refuses connections from here on. */
  cutOff(): Promise<void>
}

interface Held {
  arrived: PromiseWithResolvers<void>
  released: PromiseWithResolvers<void>
}

/** Opens it, on loopback. */
export async function openNetwork(target: string): Promise<UnreliableNetwork> {
  const counts = new Map<string, number>()
  const toLose = new Map<string, number>()
  const toHold = new Map<string, Held>()

  const server = createServer((incoming, outgoing) => {
    const method = incoming.url?.split('/').at(-1) ?? ''
    counts.set(method, (counts.get(method) ?? 0) + 1)
    forward(target, incoming, async (status, headers, body) => {
      const held = toHold.get(method)
      toHold.delete(method)
      held?.arrived.resolve()
      await held?.released.promise
      const losses = toLose.get(method) ?? 0
      toLose.set(method, Math.max(0, losses - 1))
      if (losses > 0 || status === undefined) outgoing.destroy()
      else answer(outgoing, { status, headers, body })
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  return {
    url: `http://127.0.0.1:${port}`,
    asked: (method) => counts.get(method) ?? 0,
    loseAnswers: (method, times) => {
      toLose.set(method, times)
    },
    holdAnswer(method) {
      const held = {
        arrived: Promise.withResolvers<void>(),
        released: Promise.withResolvers<void>(),
      }
      toHold.set(method, held)
      return { arrived: held.arrived.promise, release: held.released.resolve }
    },
    async cutOff() {
      if (!server.listening) return
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

interface Answer {
  status: number
  headers: IncomingMessage['headers']
  body: Buffer
}

/** Passes a request on; `status` is undefined where the service broke off. */
function forward(
  target: string,
  incoming: IncomingMessage,
  then: (status: number | undefined, headers: Answer['headers'], body: Buffer) => Promise<void>,
): void {
  const { method, headers, url = '/' } = incoming
  const broken = () => void then(undefined, {}, Buffer.alloc(0))
  const passed = request(new URL(url, target), { method, headers, agent: false }, (response) => {
    const chunks: Buffer[] = []
    response.on('data', (chunk: Buffer) => chunks.push(chunk))
    response.on('error', broken)
    response.on(
      'end',
      () => void then(response.statusCode, response.headers, Buffer.concat(chunks)),
    )
  })
  passed.on('error', broken)
  incoming.pipe(passed)
}

function answer(outgoing: ServerResponse, { status, headers, body }: Answer): void {
  const { 'transfer-encoding': _, ...plain } = headers
  outgoing.writeHead(status, { ...plain, 'content-length': body.length })
  outgoing.end(body)
}
