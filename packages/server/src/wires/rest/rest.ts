/**
 * REST: the methods of the contract at the paths of their `google.api.http` rules, as a thin adapter of the pipeline.
 *
 * A unary method answers its message as JSON. A streaming method is read with GET, as server-sent events.
 * Every route knows its method before a request comes: a request costs the pipeline, two JSON texts and little else.
 */

import { type Message, toJsonString } from '@bufbuild/protobuf'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '../../call/app.ts'
import { callUnary, openStream, type StreamRequest } from '../../call/call.ts'
import type { Method, StreamMethod, UnaryMethod } from '../../call/method.ts'
import { refusalOf } from '../../call/refusal.ts'
import type { ClientAddress } from '../client-address.ts'
import { type HttpRequest, traceparentOf, whenGone } from '../http.ts'
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
}

const jsonOptions = { alwaysEmitImplicit: true }
/** The JSON of a message that a handler sends to many readers is written once. Whoever streams a message never changes it. */
const streamed = new WeakMap<Message, string>()
const jsonMediaType = 'application/json; charset=utf-8'

/** Adds a route for every binding of every method. Throws where two claim one path, or a rule does not fit. */
export async function mountRest(fastify: FastifyInstance, options: RestOptions): Promise<void> {
  readJsonBodies(fastify, options.limits)
  for (const method of options.app.methods)
    for (const binding of bindingsOf(method)) addRoute(fastify, options, { method, binding })
}

function addRoute(
  fastify: FastifyInstance,
  options: RestOptions,
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

async function answer(options: RestOptions, exchange: Exchange<UnaryMethod>): Promise<unknown> {
  const { method, request, reply } = exchange
  const message = await callUnary(options.app, method, callOf(options, exchange))
  const text = toJsonString(method.desc.output, message, jsonOptions)
  reply.header('content-type', jsonMediaType)
  if (!worthCompressing(text, request.headers['accept-encoding'])) return text
  reply.header('content-encoding', 'gzip')
  return gzipText(text)
}

async function answerEvents(options: RestOptions, exchange: Exchange<StreamMethod>): Promise<void> {
  const { method, request, reply } = exchange
  const messages = await openStream(options.app, method, callOf(options, exchange))
  reply.hijack()
  const { secure } = options.clientAddress(request.raw)
  await sendEvents(reply.raw, jsonLines(method, messages), {
    headers: { ...options.headers(secure), [referenceHeader]: request.id },
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
function callOf(options: RestOptions, exchange: Exchange<Method>): StreamRequest {
  const { binding, request, reply } = exchange
  const { headers, url = '' } = request.raw
  const question = url.indexOf('?')
  return {
    wire: 'rest',
    reference: request.id,
    ipAddress: options.clientAddress(request.raw).ipAddress,
    userAgent: headers['user-agent'] ?? '',
    authorization: headers.authorization,
    traceparent: traceparentOf(request.raw),
    timeoutMs: options.limits.requestTimeoutMs,
    shutdown: options.shutdown,
    decode: () =>
      decodeRest(binding, {
        body: request.body as Uint8Array | Error | undefined,
        query: question === -1 ? undefined : url.slice(question + 1),
        pathParameters: request.params as Record<string, string>,
      }),
    onGone: (listener) => whenGone(reply.raw, listener),
  }
}
