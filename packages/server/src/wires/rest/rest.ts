/**
 * REST: the methods of the contract at the paths of their `google.api.http` rules, as a thin adapter of the pipeline.
 *
 * A unary method answers its message as JSON. A streaming method is read with GET, as server-sent events.
 * Every route knows its method before a request comes: a request costs the pipeline, two JSON texts and little else.
 * An answer is written by itself: Fastify takes a twentieth of a call to put together a head that is always the same.
 */

import type { ServerResponse } from 'node:http'
import { type Message, toJsonString } from '@bufbuild/protobuf'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '../../call/app.ts'
import {
  callPlain,
  callUnary,
  openStream,
  type PlainRequest,
  type StreamRequest,
} from '../../call/call.ts'
import type { Method, StreamMethod, UnaryMethod } from '../../call/method.ts'
import { refusalOf } from '../../call/refusal.ts'
import type { RequestContext } from '../../request-context.ts'
import type { ClientAddress } from '../client-address.ts'
import { type HttpRequest, idempotencyKeyOf, traceparentOf, whenGone } from '../http.ts'
import type { WireLimits } from '../limits.ts'
import type { Problems } from '../problem.ts'
import { referenceHeader } from '../response-headers.ts'
import { gzipText, worthCompressing } from './compress.ts'
import { sendEvents } from './event-stream.ts'
import { type Binding, bindingsOf } from './http-rule.ts'
import { readJsonBodies } from './rest-body.ts'
import { decodeRest } from './rest-input.ts'

export interface RestOptions {
  app: App
  limits: WireLimits
  problems: Problems
  clientAddress(req: HttpRequest): ClientAddress
  /** The headers of every answer. */
  headers(secure: boolean): Readonly<Record<string, string>>
  /** Aborted when the server begins to shut down. */
  shutdown: AbortSignal
  /** A second path for some methods, by their full name. */
  aliases?: Readonly<Record<string, string>> | undefined
}

const jsonOptions = { alwaysEmitImplicit: true }
/** The JSON of a message that a handler sends to many readers is written once. Whoever streams a message never changes it. */
const streamed = new WeakMap<Message, string>()
const jsonMediaType = 'application/json; charset=utf-8'

/** Adds a route for every binding of every method. Throws where two claim one path, or a rule does not fit. */
export async function mountRest(fastify: FastifyInstance, options: RestOptions): Promise<void> {
  readJsonBodies(fastify, options.limits)
  const head = headOf(options)
  for (const method of options.app.methods) {
    for (const binding of bindingsOf(method))
      addRoute(fastify, { ...options, head }, { method, binding })
    const url = options.aliases?.[method.name]
    const [binding] = bindingsOf(method)
    if (url !== undefined && binding !== undefined)
      addRoute(fastify, { ...options, head }, { method, binding: { ...binding, url } })
  }
}

/** What the head of every answer begins with, as names and values in turn, by whether the connection is encrypted. */
function headOf({ headers }: RestOptions): (secure: boolean) => readonly string[] {
  const [plain, secured] = [false, true].map((secure) => [
    ...Object.entries(headers(secure)).flat(),
    'content-type',
    jsonMediaType,
  ])
  return (secure) => (secure ? secured : plain) ?? []
}

type RouteOptions = RestOptions & { head: ReturnType<typeof headOf> }

function addRoute(
  fastify: FastifyInstance,
  options: RouteOptions,
  { method, binding }: { method: Method; binding: Binding },
): void {
  if (method.kind === 'unary') {
    fastify.route({
      method: binding.verb,
      url: binding.url,
      handler: (request, reply) => answer(options, { method, binding, request, reply }),
    })
    return
  }
  if (binding.verb !== 'GET')
    throw new Error(`${method.name}: event streams are read with GET, not ${binding.verb}`)
  fastify.route({
    method: 'GET',
    url: binding.url,
    exposeHeadRoute: false,
    handler: (request, reply) => answerEvents(options, { method, binding, request, reply }),
  })
}

interface Exchange<M extends Method> {
  method: M
  binding: Binding
  request: FastifyRequest
  reply: FastifyReply
}

async function answer(options: RouteOptions, exchange: Exchange<UnaryMethod>): Promise<void> {
  const { method, request, reply } = exchange
  const call = callOf(options, exchange)
  const message = await callUnary(options.app, method, call)
  const text = toJsonString(method.desc.output, message, jsonOptions)
  const zipped = worthCompressing(text, request.headers['accept-encoding'])
  const body = zipped ? await gzipText(text) : text
  reply.hijack()
  // Http2ServerResponse speaks the same here; its type does not say so.
  const res = reply.raw as ServerResponse
  res.writeHead(200, [
    ...options.head(call.secure),
    referenceHeader,
    request.id,
    'content-length',
    String(Buffer.byteLength(body)),
    ...(zipped ? ['content-encoding', 'gzip'] : []),
  ])
  res.end(body)
}

async function answerEvents(options: RestOptions, exchange: Exchange<StreamMethod>): Promise<void> {
  const { method, request, reply } = exchange
  const call = callOf(options, exchange)
  const messages = await openStream(options.app, method, call)
  reply.hijack()
  await sendEvents(reply.raw, jsonLines(method, messages), {
    headers: { ...options.headers(call.secure), [referenceHeader]: request.id },
    heartbeatMs: options.limits.heartbeatMs,
    describe: (error) =>
      JSON.stringify(
        options.problems(
          refusalOf(error, () => options.app.deps.log, method.name),
          request.id,
        ),
      ),
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

/** The call that a REST request is. */
function callOf(
  options: RestOptions,
  exchange: Exchange<Method>,
): StreamRequest & { secure: boolean } {
  const { binding, request, reply } = exchange
  const { url = '' } = request.raw
  const question = url.indexOf('?')
  return {
    ...originOf(options, request, reply),
    idempotencyKey: idempotencyKeyOf(request.raw),
    shutdown: options.shutdown,
    decode: () =>
      decodeRest(binding, {
        body: request.body as Uint8Array | Error | undefined,
        query: question === -1 ? undefined : url.slice(question + 1),
        pathParameters: request.params as Record<string, string>,
      }),
  }
}

/** Runs endpoints that others specify as calls of this listener. */
export type PlainCalls = <T>(
  name: string,
  exchange: { request: FastifyRequest; reply: FastifyReply },
  handle: (ctx: RequestContext) => Promise<T>,
) => Promise<T>

/** What makes a call of a plain request. */
export function createPlainCalls(options: Omit<RestOptions, 'problems' | 'headers'>): PlainCalls {
  return (name, { request, reply }, handle) =>
    callPlain(options.app, name, originOf(options, request, reply), handle)
}

function originOf(
  { clientAddress, limits }: Pick<RestOptions, 'clientAddress' | 'limits'>,
  request: FastifyRequest,
  reply: FastifyReply,
): PlainRequest & { secure: boolean } {
  const { headers } = request.raw
  return {
    wire: 'rest',
    reference: request.id,
    ...clientAddress(request.raw),
    userAgent: headers['user-agent'] ?? '',
    authorization: headers.authorization,
    traceparent: traceparentOf(request.raw),
    timeoutMs: limits.requestTimeoutMs,
    onGone: (listener) => whenGone(reply.raw, listener),
  }
}
