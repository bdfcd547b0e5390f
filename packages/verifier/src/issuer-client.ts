/**
 * How this service asks the issuer for anything: over https, as its client, with limits on time and size, and never
 * elsewhere than it was told to ask.
 *
 * 1. A redirect is an error: credentials and keys come from one place.
 * 2. An answer is read up to a limit and no further.
 * 3. The client authenticates by HTTP Basic, both parts form-encoded first.
 *
 * Errors: IssuerError for whatever went wrong on the way.
 * Specs: RFC 6749 §2.3.1, RFC 7617.
 */

export interface IssuerClient {
  /** The JSON of an answer with status 200, and its headers. Rejects with IssuerError. */
  json(path: string, options?: RequestOptions): Promise<{ body: unknown; headers: Headers }>
  /** A stream, once its headers are there. The caller ends it by the signal. Rejects with IssuerError. */
  stream(
    path: string,
    signal: AbortSignal,
  ): Promise<Response & { body: ReadableStream<Uint8Array> }>
}

export interface RequestOptions {
  method?: 'GET' | 'POST'
  /** Whether to authenticate as the client. */
  authenticated?: boolean
  body?: string
  contentType?: string
}

export interface IssuerClientOptions {
  /** Where the issuer is reached. */
  url: string
  client: { id: string; secret: string } | undefined
  fetch: typeof fetch
}

/** The issuer was not reached, or its answer cannot be used. The message names no secret. */
export class IssuerError extends Error {
  override readonly name = 'IssuerError'
}

const timeoutMs = 5_000
const answerBytesMax = 256 * 1024

export function createIssuerClient({ url, client, fetch }: IssuerClientOptions): IssuerClient {
  const base = url.endsWith('/') ? url.slice(0, -1) : url
  const credentials = client && basicCredentials(client)

  async function ask(path: string, init: RequestInit & { authenticated?: boolean }) {
    const { authenticated = false, ...rest } = init
    const headers = new Headers(rest.headers)
    if (authenticated && credentials !== undefined) headers.set('authorization', credentials)
    try {
      return await fetch(base + path, { ...rest, headers, redirect: 'error' })
    } catch (cause) {
      throw new IssuerError(`${base} was not reached: ${causeOf(cause)}`, { cause })
    }
  }

  return {
    async json(path, { method = 'GET', authenticated = false, body, contentType } = {}) {
      const response = await ask(path, {
        method,
        authenticated,
        signal: AbortSignal.timeout(timeoutMs),
        headers: {
          accept: 'application/json',
          ...(contentType && { 'content-type': contentType }),
        },
        ...(body !== undefined && { body }),
      })
      const text = await readText(response)
      if (response.status !== 200) {
        throw new IssuerError(`${path} answers ${response.status}`)
      }
      try {
        return { body: JSON.parse(text) as unknown, headers: response.headers }
      } catch (cause) {
        throw new IssuerError(`${path} does not answer JSON`, { cause })
      }
    },
    async stream(path, signal) {
      const headers = { accept: 'text/event-stream' }
      const response = await ask(path, { authenticated: true, signal, headers })
      const type = response.headers.get('content-type') ?? ''
      if (response.status !== 200 || !type.startsWith('text/event-stream')) {
        await response.body?.cancel()
        throw new IssuerError(`${pathOnly(path)} answers ${response.status}, ${type || 'no type'}`)
      }
      if (response.body === null) throw new IssuerError(`${pathOnly(path)} answers no body`)
      return response as Response & { body: ReadableStream<Uint8Array> }
    },
  }
}

/** Both parts are form-encoded before they are joined, so that a colon in either does no harm (RFC 6749 §2.3.1). */
function basicCredentials({ id, secret }: { id: string; secret: string }): string {
  const encoded = [id, secret].map((part) => new URLSearchParams({ '': part }).toString().slice(1))
  return `Basic ${Buffer.from(encoded.join(':')).toString('base64')}`
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of response.body ?? []) {
      length += chunk.byteLength
      // Leaving the loop cancels the stream.
      if (length > answerBytesMax) throw new IssuerError(`more than ${answerBytesMax} bytes`)
      chunks.push(chunk)
    }
  } catch (cause) {
    if (cause instanceof IssuerError) throw cause
    throw new IssuerError(`the answer broke off: ${causeOf(cause)}`, { cause })
  }
  return Buffer.concat(chunks).toString()
}

const pathOnly = (path: string) => path.split('?', 1)[0]

/** What lies behind the "fetch failed" of fetch. */
function causeOf(error: unknown): string {
  const { cause, message } = error as {
    cause?: { code?: string; message?: string }
    message?: string
  }
  return cause?.code || cause?.message || message || String(error)
}
