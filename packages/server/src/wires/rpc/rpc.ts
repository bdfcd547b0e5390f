/**
 * gRPC, gRPC-Web and Connect: the library negotiates the protocol and frames the answer, the pipeline does the rest.
 *
 * The library is handed an empty message in the framing of the request, because the real one is read by
 * `rpc-payload.ts`; so whatever is wrong with it is refused in the pipeline and leaves with an `ErrorDetail`.
 */

import type { Message } from '@bufbuild/protobuf'
import {
  ConnectError,
  createConnectRouter,
  createContextKey,
  createContextValues,
  type HandlerContext,
} from '@connectrpc/connect'
import type { UniversalHandler, UniversalServerRequest } from '@connectrpc/connect/protocol'
import { parseTimeout as parseConnectTimeout } from '@connectrpc/connect/protocol-connect'
import { parseTimeout as parseGrpcTimeout } from '@connectrpc/connect/protocol-grpc'
import { compressionGzip, universalResponseToNodeResponse } from '@connectrpc/connect-node'
import { ErrorDetailSchema, ErrorReason } from '@signet/contract'
import type { App } from '../../call/app.ts'
import { callUnary, openStream, type StreamRequest } from '../../call/call.ts'
import { decodeBinary, decodeJson, undecodable } from '../../call/decode.ts'
import type { Method } from '../../call/method.ts'
import { errorDetail, refusalHeaders, refusalOf } from '../../call/refusal.ts'
import { reasons, SignetError } from '../../errors.ts'
import {
  type HttpRequest,
  type HttpResponse,
  idempotencyKeyOf,
  pathOf,
  traceparentOf,
  whenGone,
} from '../http.ts'
import type { WireLimits } from '../limits.ts'
import { serveReflection } from './reflection.ts'
import { formatOf, type RpcFormat, readPayload } from './rpc-payload.ts'

export interface RpcOptions {
  app: App
  /** The methods to serve: those of the contract and the standard ones. */
  methods: readonly Method[]
  limits: WireLimits
  reflection: boolean
  shutdown: AbortSignal
}

/** Where a request came from, as the port found it. */
export interface RpcOrigin {
  reference: string
  ipAddress: string
  country(): string | undefined
}

export interface Rpc {
  /** Whether a path is a procedure. */
  serves(path: string): boolean
  /** Answers a request for a procedure. Throws a SignetError where no protocol could carry the refusal. */
  handle(req: HttpRequest, res: HttpResponse, origin: RpcOrigin): Promise<void>
}

const jsonOptions = { ignoreUnknownFields: false, alwaysEmitImplicit: true }
const callKey = createContextKey<StreamRequest | undefined>(undefined)

/** The headers by which the protocols negotiate an answer. */
const negotiationHeaders = [
  'accept-encoding',
  'connect-accept-encoding',
  'connect-protocol-version',
  'content-type',
  'grpc-accept-encoding',
  'te',
]

/** The headers that describe a message, for calls whose messages the library reads itself. */
const messageHeaders = [
  'connect-content-encoding',
  'connect-timeout-ms',
  'content-encoding',
  'grpc-encoding',
  'grpc-timeout',
]

/** Serves the methods over the three protocols. */
export function createRpc(options: RpcOptions): Rpc {
  const { app, limits } = options
  const router = createConnectRouter({
    jsonOptions,
    acceptCompression: [compressionGzip],
    readMaxBytes: limits.inflatedBodyBytes,
    shutdownSignal: options.shutdown,
  })
  for (const method of options.methods) addMethod(router, app, method)
  if (options.reflection) serveReflection(router, options.methods)
  const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]))
  const methods = new Map(options.methods.map((method) => [`/${method.name}`, method]))
  return {
    serves: (path) => handlers.has(path),
    async handle(req, res, origin) {
      const path = pathOf(req)
      const handler = handlers.get(path)
      if (handler === undefined) throw new SignetError(ErrorReason.NOT_FOUND)
      const format = negotiate(handler, req, res)
      const method = methods.get(path)
      const request =
        method === undefined
          ? passOn(req, res, [...negotiationHeaders, ...messageHeaders])
          : await takeOver(options, { method, format, req, res, origin })
      const response = await handler(request)
      // The library's bare refusals: a variant of a protocol that it does not speak, or bidirectional over HTTP/1.1.
      if (response.body === undefined && response.status >= 400)
        throw new SignetError(ErrorReason.UNSUPPORTED_MEDIA_TYPE)
      // What fails from here on is a caller who has left.
      await universalResponseToNodeResponse(response, res).catch(() => {})
    },
  }
}

/** Refuses what no protocol of this procedure can answer. */
function negotiate(handler: UniversalHandler, req: HttpRequest, res: HttpResponse): RpcFormat {
  if (!handler.allowedMethods.includes(req.method ?? '')) {
    res.setHeader('allow', handler.allowedMethods.join(', '))
    throw new SignetError(ErrorReason.METHOD_NOT_ALLOWED)
  }
  const format = formatOf(req)
  const type = req.headers['content-type'] ?? ''
  if (format === undefined || (req.method !== 'GET' && !handler.supportedContentType(type)))
    throw new SignetError(ErrorReason.UNSUPPORTED_MEDIA_TYPE)
  return format
}

function addMethod(router: ReturnType<typeof createConnectRouter>, app: App, method: Method): void {
  if (method.kind === 'unary')
    router.rpc(method.desc, async (_empty: Message, context: HandlerContext) => {
      const request = requestOf(context)
      try {
        return await callUnary(app, method, request)
      } catch (error) {
        throw connectError(app, error, request)
      }
    })
  else
    router.rpc(method.desc, async function* (_empty: Message, context: HandlerContext) {
      const request = requestOf(context)
      try {
        yield* await openStream(app, method, request)
      } catch (error) {
        throw connectError(app, error, request)
      }
    })
}

function requestOf(context: HandlerContext): StreamRequest {
  const request = context.values.get(callKey)
  if (request === undefined) throw new Error('a call that did not pass the port')
  return request
}

function connectError(app: App, error: unknown, request: StreamRequest): ConnectError {
  const refusal = refusalOf(error, () => app.deps.log, 'rpc')
  const { sentence, rpcCode } = reasons[refusal.reason]
  return new ConnectError(
    sentence,
    rpcCode,
    refusalHeaders(refusal, request.authorization),
    [{ desc: ErrorDetailSchema, value: errorDetail(refusal, request.reference) }],
    error,
  )
}

interface Incoming {
  method: Method
  format: RpcFormat
  req: HttpRequest
  res: HttpResponse
  origin: RpcOrigin
}

/** Reads the message, and stands an empty one in for it. */
async function takeOver(
  options: RpcOptions,
  { method, format, req, res, origin }: Incoming,
): Promise<UniversalServerRequest> {
  const timeout = timeoutOf(req, format)
  let decode: () => Message
  try {
    if (timeout.error !== undefined)
      throw undecodable({ field: '', rule: 'malformed', message: 'The deadline is not a number.' })
    const bytes = await readPayload(req, format, options.limits)
    decode = () => (format.binary ? decodeBinary : decodeJson)(method.desc.input, bytes)
  } catch (error) {
    decode = () => {
      throw error
    }
    cutAfterAnswer(req, res)
  }
  const call: StreamRequest = {
    wire: format.wire,
    reference: origin.reference,
    ipAddress: origin.ipAddress,
    country: origin.country,
    userAgent: req.headers['user-agent'] ?? '',
    authorization: req.headers.authorization,
    traceparent: traceparentOf(req),
    idempotencyKey: idempotencyKeyOf(req),
    timeoutMs: Math.min(options.limits.requestTimeoutMs, timeout.timeoutMs ?? Infinity),
    shutdown: options.shutdown,
    decode,
    onGone: (listener) => whenGone(res, listener),
  }
  return {
    ...passOn(req, res, negotiationHeaders),
    ...emptyMessage(pathOf(req), format),
    contextValues: createContextValues().set(callKey, call),
  }
}

function timeoutOf(req: HttpRequest, format: RpcFormat): { timeoutMs?: number; error?: unknown } {
  const name = format.wire === 'connect' ? 'connect-timeout-ms' : 'grpc-timeout'
  const value = req.headers[name]
  if (typeof value !== 'string') return {}
  const parse = format.wire === 'connect' ? parseConnectTimeout : parseGrpcTimeout
  return parse(value, Number.MAX_SAFE_INTEGER)
}

/** An HTTP/1.1 connection on which a body is still coming cannot be used again. */
function cutAfterAnswer(req: HttpRequest, res: HttpResponse): void {
  if (req.httpVersionMajor === 1 && !req.complete) res.setHeader('connection', 'close')
}

/** A request whose message is empty, in the format that was asked for. */
function emptyMessage(
  path: string,
  format: RpcFormat,
): Pick<UniversalServerRequest, 'url' | 'body'> {
  const text = format.binary ? '' : '{}'
  if (format.query !== undefined) {
    const encoding = format.binary ? 'proto' : 'json'
    return {
      url: `http://signet${path}?encoding=${encoding}&message=${encodeURIComponent(text)}`,
      body: only(),
    }
  }
  const head = format.enveloped ? Buffer.from([0, 0, 0, 0, text.length]) : Buffer.alloc(0)
  return { url: `http://signet${path}`, body: only(Buffer.concat([head, Buffer.from(text)])) }
}

async function* only(...chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks
}

/** The request as the library sees it: its negotiation headers and its body as it comes. */
function passOn(
  req: HttpRequest,
  res: HttpResponse,
  headers: readonly string[],
): UniversalServerRequest {
  const gone = new AbortController()
  whenGone(res, () => gone.abort())
  const header = new Headers()
  for (const name of headers) {
    const value = req.headers[name]
    if (value !== undefined) header.set(name, String(value))
  }
  return {
    httpVersion: req.httpVersion,
    method: req.method ?? '',
    url: `http://signet${pathOf(req)}`,
    header,
    body: req,
    signal: gone.signal,
  }
}
