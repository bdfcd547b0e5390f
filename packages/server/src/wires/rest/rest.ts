/**
 * REST: the methods of the contract at the paths of their `google.api.http` rules, as a thin adapter of the pipeline.
 *
 * A unary method answers its message as JSON. A streaming method is read with GET, as server-sent events. A path with
 * another HTTP method names those that it has.
 *
 * No framework stands between: every route knows its method before a request comes, bodies are read and refusals are written
 * by what the RPC wires use.
 *
 * Specs: RFC 9110 §9.3.2 (HEAD), §9.3.7 (OPTIONS), §15.5.6 (405 with Allow).
 */

import type { ServerResponse } from 'node:http'
import { type Message, toJsonString } from '@bufbuild/protobuf'
import { callUnary, openStream, type StreamRequest } from '../../call/call.ts'
import type { StreamMethod, UnaryMethod } from '../../call/method.ts'
import { refusalOf } from '../../call/refusal.ts'
import { type HttpHandler, type HttpRequest, type HttpResponse, idempotencyKeyOf } from '../http.ts'
import { cutAfterAnswer } from '../read-body.ts'
import { type RefuseOptions, refuse } from '../refuse.ts'
import { type Exchange, type OriginOptions, originOf } from '../request-origin.ts'
import { jsonHeads, referenceHeader } from '../response-headers.ts'
import { tellVerbs } from '../tell-verbs.ts'
import { gzipText, worthCompressing } from './compress.ts'
import { sendEvents } from './event-stream.ts'
import { bindingsOf } from './http-rule.ts'
import { readJsonBody } from './rest-body.ts'
import { decodeRest } from './rest-input.ts'
import { createRouter, type Route } from './rest-router.ts'

export interface RestOptions extends RefuseOptions, OriginOptions {
  nextReference(): string
  /** Aborted when the server begins to shut down. */
  shutdown: AbortSignal
  /** A second path for some methods, by their full name. */
  aliases?: Readonly<Record<string, string>> | undefined
  /** What is not of the contract, and may answer further HTTP methods at its paths, such as a PUT of raw bytes. */
  others?: { handle: HttpHandler; verbsAt(path: string): readonly string[] } | undefined
}

export interface Rest {
  /**
   * Answers a request for a path that a method is bound to; false where none is, whatever the HTTP method. Throws a
   * SignetError where the request means none of them.
   */
  handle(path: string, req: HttpRequest, res: HttpResponse): boolean
}

const jsonOptions = { alwaysEmitImplicit: true }
/** The JSON of a message that a handler sends to many readers is written once. Whoever streams a message never changes it. */
const streamed = new WeakMap<Message, string>()

/** Serves every binding of every method. Throws where two claim one path, or a rule does not fit. */
export function createRest(options: RestOptions): Rest {
  const router = createRouter(options.app.methods.flatMap((method) => bindingsFor(options, method)))
  const answering = { ...options, heads: jsonHeads(options.headers) }
  return {
    handle(path, req, res) {
      const verb = req.method ?? ''
      const route = router.find(verb, path)
      if (route !== undefined) {
        const exchange = { req, res, reference: options.nextReference(), route }
        answer(answering, exchange).catch((error) => refuse(options, error, exchange))
        return true
      }
      const verbs = router.verbsAt(path)
      if (verbs.length === 0) return false
      const elsewhere = options.others?.verbsAt(path) ?? []
      if (elsewhere.includes(verb)) options.others?.handle(req, res)
      else tellVerbs(options, [...verbs, ...elsewhere].sort(), { req, res })
      return true
    },
  }
}

function bindingsFor({ aliases }: RestOptions, method: UnaryMethod | StreamMethod) {
  const bindings = bindingsOf(method)
  const alias = aliases?.[method.name]
  const [main] = bindings
  return alias === undefined || main === undefined
    ? bindings
    : [...bindings, { ...main, path: alias }]
}

type RoutedExchange = Exchange & { route: Route }
type AnswerOptions = RestOptions & { heads: ReturnType<typeof jsonHeads> }

function answer(options: AnswerOptions, exchange: RoutedExchange): Promise<void> {
  if (exchange.route.binding.verb === 'GET') return answerCall(options, exchange, noBody)
  return answerWithBody(options, exchange)
}

function answerWithBody(options: AnswerOptions, exchange: RoutedExchange): Promise<void> {
  const { req, res } = exchange
  return readJsonBody(req, options.limits).then(
    (bytes) => answerCall(options, exchange, { bytes }),
    (refused) => {
      cutAfterAnswer(req, res)
      return answerCall(options, exchange, { refused })
    },
  )
}

function answerCall(options: AnswerOptions, exchange: RoutedExchange, body: Body): Promise<void> {
  const { method } = exchange.route.binding
  const call = callOf(options, exchange, body)
  return method.kind === 'unary'
    ? answerMessage(options, exchange, { method, call })
    : answerEvents(options, exchange, { method, call })
}

type RestCall = StreamRequest & { secure: boolean }

async function answerMessage(
  options: AnswerOptions,
  { req, res, reference }: Exchange,
  { method, call }: { method: UnaryMethod; call: RestCall },
): Promise<void> {
  const message = await callUnary(options.app, method, call)
  const text = toJsonString(method.desc.output, message, jsonOptions)
  const zipped = worthCompressing(text, req.headers['accept-encoding'])
  const body = zipped ? await gzipText(text) : text
  const length = String(Buffer.byteLength(body))
  const head = [...options.heads(call.secure), referenceHeader, reference, 'content-length', length]
  if (zipped) head.push('content-encoding', 'gzip')
  // Http2ServerResponse speaks the same here; its type does not say so.
  const out = res as ServerResponse
  out.writeHead(200, head)
  out.end(body)
}

async function answerEvents(
  options: AnswerOptions,
  { res, reference }: Exchange,
  { method, call }: { method: StreamMethod; call: RestCall },
): Promise<void> {
  const messages = await openStream(options.app, method, call)
  const describe = (error: unknown) => {
    const refusal = refusalOf(error, () => options.app.deps.log, method.name)
    return JSON.stringify(options.problems(refusal, reference))
  }
  await sendEvents(res, jsonLines(method, messages), {
    headers: { ...options.headers(call.secure), [referenceHeader]: reference },
    heartbeatMs: options.limits.heartbeatMs,
    describe,
  })
}

async function* jsonLines(
  method: StreamMethod,
  messages: AsyncGenerator<Message, void, undefined>,
): AsyncGenerator<string, void, undefined> {
  for await (const message of messages) {
    let text = streamed.get(message)
    if (text === undefined) {
      text = toJsonString(method.desc.output, message, jsonOptions)
      streamed.set(message, text)
    }
    yield text
  }
}

/** What came as a body, or why it is refused. */
interface Body {
  bytes?: Uint8Array | undefined
  refused?: unknown
}

const noBody: Body = {}

/** The call that a REST request is. A body that is refused is refused when the pipeline decodes: the call is counted like any other. */
function callOf(options: RestOptions, exchange: RoutedExchange, body: Body): RestCall {
  const { req, route } = exchange
  const { binding, pathParameters } = route
  const url = req.url ?? ''
  const question = url.indexOf('?')
  const query = question === -1 ? undefined : url.slice(question + 1)
  const decode = () => {
    if (body.refused !== undefined) throw body.refused
    return decodeRest(binding, { body: body.bytes, query, pathParameters })
  }
  const { shutdown } = options
  return { ...originOf(options, exchange), idempotencyKey: idempotencyKeyOf(req), shutdown, decode }
}
