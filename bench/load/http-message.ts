/** HTTP/1.1 as the load generators speak it: a request as bytes, and as much of an answer as they read. */

export interface HttpRequest {
  method: 'GET' | 'POST' | 'DELETE'
  path: string
  json?: object
  accessToken?: string
}

/** The bytes of a request. */
export function messageOf(host: string, { method, path, json, accessToken }: HttpRequest): Buffer {
  const body = json === undefined ? '' : JSON.stringify(json)
  const head = [`${method} ${path} HTTP/1.1`, `Host: ${host}`, 'Accept: application/json']
  if (accessToken !== undefined) head.push(`Authorization: Bearer ${accessToken}`)
  if (json !== undefined) {
    head.push('Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`)
  }
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`)
}

/** Status and whole length of an answer; undefined while some of it is missing. */
export function readAnswer(received: Buffer): { status: number; length: number } | undefined {
  const headEnd = received.indexOf('\r\n\r\n')
  if (headEnd === -1) return undefined
  const head = received.toString('latin1', 0, headEnd)
  const length = headEnd + 4 + Number(/content-length: (\d+)/i.exec(head)?.[1])
  if (Number.isNaN(length)) throw new Error(`an answer without a length: ${head}`)
  return received.length < length ? undefined : { status: Number(head.slice(9, 12)), length }
}
