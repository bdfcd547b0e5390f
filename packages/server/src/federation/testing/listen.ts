/** A server of a provider in a test, at a loopback address of its own. */

import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { escapeHtml } from './sign-in-page.ts'

export interface Listening {
  origin: string
  close(): Promise<void>
}

/** What is thrown becomes an answer of 500 with the reason, so that a test fails with it. */
export async function listen(
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void> | void,
  port = 0,
): Promise<Listening> {
  const listener: RequestListener = (request, response) => {
    Promise.resolve()
      .then(() => handle(request, response))
      .catch((error: unknown) => response.writeHead(500).end(escapeHtml(String(error))))
  }
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

export async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  let text = ''
  for await (const chunk of request) text += chunk
  return new URLSearchParams(text)
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response
    .writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
    .end(JSON.stringify(body))
}
