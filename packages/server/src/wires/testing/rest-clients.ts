/** Clients of REST over both versions of HTTP, built from the `google.api.http` rules alone. */

import http2 from 'node:http2'
import { getOption, type JsonValue } from '@bufbuild/protobuf'
import { http } from '@signet/contract/options'
import { methodNamed } from './rpc-clients.ts'
import { authorizationOf, fromProblem, success, type Verdict, type WireClient } from './verdict.ts'

interface RestRequest {
  verb: string
  path: string
  headers: Record<string, string>
  body: string | undefined
}

interface RestAnswer {
  status: number
  reference: string | undefined
  mediaType: string
  text: string
}

/** The request that the rule of a method makes of an input. */
export function restRequest(
  methodName: string,
  input: Record<string, JsonValue>,
  { token, idempotencyKey }: { token: string | undefined; idempotencyKey?: string },
): RestRequest {
  const method = methodNamed(methodName)
  const rule = getOption(method, http)
  const { pattern } = rule
  if (pattern.case === undefined || pattern.case === 'custom')
    throw new Error(`${methodName} has no plain rule`)
  const rest = { ...input }
  const path = pattern.value.replace(/\{([^}]+)\}/g, (_, field: string) => {
    const name = method.input.fields.find((each) => each.name === field)?.jsonName ?? field
    const value = String(rest[name])
    delete rest[name]
    return encodeURIComponent(value)
  })
  const query = new URLSearchParams()
  if (rule.body === '')
    for (const [name, value] of Object.entries(rest))
      for (const each of Array.isArray(value) ? value : [value]) query.append(name, String(each))
  const headers: Record<string, string> = {}
  if (token !== undefined) headers.authorization = authorizationOf(token)
  if (idempotencyKey !== undefined) headers['idempotency-key'] = idempotencyKey
  if (rule.body !== '') headers['content-type'] = 'application/json'
  return {
    verb: pattern.case.toUpperCase(),
    path: query.size === 0 ? path : `${path}?${query}`,
    headers,
    body: rule.body === '' ? undefined : JSON.stringify(rest),
  }
}

function verdictOf({ status, reference, mediaType, text }: RestAnswer): Verdict {
  const headerReference = reference
  if (mediaType.startsWith('text/event-stream')) return fromEvents(text, headerReference)
  const body = JSON.parse(text)
  if (status === 200) return success([body], { headerReference, httpStatus: status })
  return fromProblem(body, { headerReference, httpStatus: status })
}

function fromEvents(text: string, headerReference: string | undefined): Verdict {
  const messages: JsonValue[] = []
  for (const block of text.split('\n\n')) {
    const data = /^data: (.*)$/m.exec(block)?.[1]
    if (data === undefined) continue
    const event = /^event: (.*)$/m.exec(block)?.[1]
    if (event === 'error') return fromProblem(JSON.parse(data), { messages, headerReference })
    if (event === 'end') return success(messages, { headerReference })
    messages.push(JSON.parse(data))
  }
  throw new Error(`an event stream without an end: ${text}`)
}

export function restHttp1Client(url: string): WireClient {
  return {
    name: 'rest h1',
    close: () => {},
    async call(method, input, options) {
      const { verb, path, headers, body } = restRequest(method, input, options)
      const answer = await fetch(url + path, { method: verb, headers, body: body ?? null })
      return verdictOf({
        status: answer.status,
        reference: answer.headers.get('signet-reference') ?? undefined,
        mediaType: answer.headers.get('content-type') ?? '',
        text: await answer.text(),
      })
    },
  }
}

export function restHttp2Client(url: string): WireClient {
  const session = http2.connect(url)
  return {
    name: 'rest h2',
    close: () => session.destroy(),
    call(method, input, options) {
      const { verb, path, headers, body } = restRequest(method, input, options)
      return new Promise((resolve, reject) => {
        const stream = session.request({ ':method': verb, ':path': path, ...headers })
        let answer: Omit<RestAnswer, 'text'> | undefined
        let text = ''
        stream.setEncoding('utf8')
        stream.on('response', (head) => {
          answer = {
            status: Number(head[':status']),
            reference: head['signet-reference'] as string | undefined,
            mediaType: String(head['content-type']),
          }
        })
        stream.on('data', (chunk: string) => {
          text += chunk
        })
        stream.on('error', reject)
        stream.on('close', () => {
          if (answer === undefined) reject(new Error('no answer'))
          else resolve(verdictOf({ ...answer, text }))
        })
        stream.end(body)
      })
    },
  }
}
