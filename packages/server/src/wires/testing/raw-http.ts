/** HTTP/1.1 by hand: what no client library would send. */

import net from 'node:net'

export interface RawAnswer {
  status: number
  headers: Record<string, string>
  body: string
}

/** Sends bytes and reads until the server closes the connection; undefined where it closed without a word. */
export function sendRaw(
  port: number,
  bytes: string | Buffer | readonly (string | Buffer)[],
  options: { halfClose?: boolean } = {},
): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1')
    let received = ''
    socket.setEncoding('latin1')
    socket.on('connect', () => {
      for (const part of [bytes].flat()) socket.write(part)
      if (options.halfClose) socket.end()
    })
    socket.on('data', (chunk: string) => {
      received += chunk
    })
    // A reset after the answer is the server's way of not reading the rest.
    socket.on('error', () => {})
    socket.on('close', () => resolve(received))
  })
}

/** A request that ends its connection. */
export function rawRequest(
  line: string,
  headers: Record<string, string> = {},
  body: string | Buffer = '',
): Buffer {
  const all = {
    host: 'signet.test',
    connection: 'close',
    ...(body.length > 0 && { 'content-length': String(Buffer.byteLength(body)) }),
    ...headers,
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.concat([
    Buffer.from(`${line} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1'),
    Buffer.from(body),
  ])
}

/** The last answer in what a server sent. */
export function parseAnswer(received: string): RawAnswer {
  const [head = '', ...rest] = received.split('\r\n\r\n')
  const [line = '', ...lines] = head.split('\r\n')
  const headers = lines.map((each) => {
    const colon = each.indexOf(':')
    return [each.slice(0, colon).toLowerCase(), each.slice(colon + 1).trim()]
  })
  return {
    status: Number(line.split(' ')[1]),
    headers: Object.fromEntries(headers),
    body: Buffer.from(rest.join('\r\n\r\n'), 'latin1').toString('utf8'),
  }
}

/** Sends one request on a connection of its own. */
export async function request(
  port: number,
  ...parts: Parameters<typeof rawRequest>
): Promise<RawAnswer> {
  return parseAnswer(await sendRaw(port, rawRequest(...parts)))
}
