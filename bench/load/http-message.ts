/** HTTP/1.1 as the load generators speak it: a request as bytes, and as much of an answer as they read. */

export interface HttpRequest {
  method: 'GET' | 'POST' | 'DELETE'
  path: string
  json?: object
  /** Instead of JSON. */
  form?: Record<string, string>
  accessToken?: string
  /** Instead of a token: who the client is. Neither part needs to be encoded. */
  client?: { id: string; secret: string }
  /** Further ones. */
  headers?: Record<string, string>
}

/** The bytes of a request. */
export function messageOf(host: string, request: HttpRequest): Buffer {
  const { method, path, accessToken, client, headers = {} } = request
  const { type, body } = bodyOf(request)
  const head = [`${method} ${path} HTTP/1.1`, `Host: ${host}`, 'Accept: application/json']
  if (accessToken !== undefined) head.push(`Authorization: Bearer ${accessToken}`)
  if (client !== undefined) {
    const credentials = Buffer.from(`${client.id}:${client.secret}`).toString('base64')
    head.push(`Authorization: Basic ${credentials}`)
  }
  for (const [name, value] of Object.entries(headers)) head.push(`${name}: ${value}`)
  if (type !== undefined) {
    head.push(`Content-Type: ${type}`, `Content-Length: ${Buffer.byteLength(body)}`)
  }
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`)
}

function bodyOf({ json, form }: HttpRequest): { type?: string; body: string } {
  if (json !== undefined) return { type: 'application/json', body: JSON.stringify(json) }
  if (form === undefined) return { body: '' }
  return { type: 'application/x-www-form-urlencoded', body: new URLSearchParams(form).toString() }
}

/** Status and whole length of an answer; undefined while some of it is missing. */
export function readAnswer(received: Buffer): { status: number; length: number } | undefined {
  const headEnd = received.indexOf('\r\n\r\n')
  if (headEnd === -1) return undefined
  const head = received.toString('latin1', 0, headEnd)
  const length = lengthOf(received, { head, bodyAt: headEnd + 4 })
  if (length === undefined || received.length < length) return undefined
  return { status: Number(head.slice(9, 12)), length }
}

const lastChunk = '\r\n0\r\n\r\n'

/** A chunked body is read as far as its last chunk, whose bytes stand in no JSON. */
function lengthOf(
  received: Buffer,
  { head, bodyAt }: { head: string; bodyAt: number },
): number | undefined {
  const [, bytes] = /\ncontent-length: (\d+)/i.exec(head) ?? []
  if (bytes !== undefined) return bodyAt + Number(bytes)
  if (!/\ntransfer-encoding: chunked/i.test(head))
    throw new Error(`an answer without a length: ${head}`)
  const end = received.indexOf(lastChunk, bodyAt)
  return end === -1 ? undefined : end + lastChunk.length
}
