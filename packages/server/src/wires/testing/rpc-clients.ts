/** Clients of the RPC wires: the library's own, one by hand over fetch, and @grpc/grpc-js, which we did not choose. */

import {
  type DescMethod,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  fromBinary,
  fromJson,
  type JsonValue,
  type Message,
  toBinary,
} from '@bufbuild/protobuf'
import { Code, ConnectError, type Transport } from '@connectrpc/connect'
import { errorFromJson } from '@connectrpc/connect/protocol-connect'
import { findTrailerError } from '@connectrpc/connect/protocol-grpc'
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from '@connectrpc/connect-node'
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js'
import { services } from './test-listener.ts'
import {
  asJson,
  authorizationOf,
  fromRpcError,
  success,
  type Verdict,
  type WireClient,
} from './verdict.ts'

const methods = new Map<string, DescMethod>(
  services.flatMap((service) =>
    service.methods.map((method) => [`${service.typeName}/${method.name}`, method] as const),
  ),
)

export function methodNamed(name: string): DescMethod {
  const method = methods.get(name)
  if (method === undefined) throw new Error(`no method ${name}`)
  return method
}

/** Clients over the library's transports. */
export function libraryClients(url: string): WireClient[] {
  const h1 = { baseUrl: url, httpVersion: '1.1' as const }
  const h2 = { baseUrl: url, httpVersion: '2' as const }
  return [
    libraryClient('connect binary h1', createConnectTransport({ ...h1, useBinaryFormat: true })),
    libraryClient('connect binary h2', createConnectTransport({ ...h2, useBinaryFormat: true })),
    libraryClient(
      'connect json get',
      createConnectTransport({ ...h1, useBinaryFormat: false, useHttpGet: true }),
    ),
    libraryClient('grpc', createGrpcTransport({ baseUrl: url })),
    libraryClient('grpc json', createGrpcTransport({ baseUrl: url, useBinaryFormat: false })),
    libraryClient('grpc-web h1', createGrpcWebTransport(h1)),
    libraryClient('grpc-web h2', createGrpcWebTransport(h2)),
  ]
}

interface Headers {
  token: string | undefined
  idempotencyKey: string | undefined
}

function headersOf({ token, idempotencyKey }: Headers): Record<string, string> {
  return {
    ...(token !== undefined && { authorization: authorizationOf(token) }),
    ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
  }
}

function libraryClient(name: string, transport: Transport): WireClient {
  return {
    name,
    close: () => {},
    async call(methodName, input, { token, timeoutMs, idempotencyKey }) {
      const method = methodNamed(methodName)
      const headers = headersOf({ token, idempotencyKey })
      const message = fromJson(method.input, input)
      const messages: JsonValue[] = []
      let headerReference: string | undefined
      try {
        if (method.methodKind === 'unary') {
          const answer = await transport.unary(
            method as DescMethodUnary,
            undefined,
            timeoutMs,
            headers,
            message,
          )
          headerReference = answer.header.get('signet-reference') ?? undefined
          messages.push(asJson(method.output, answer.message))
        } else if (method.methodKind === 'server_streaming') {
          const answer = await transport.stream(
            method as DescMethodServerStreaming,
            undefined,
            timeoutMs,
            headers,
            only(message),
          )
          headerReference = answer.header.get('signet-reference') ?? undefined
          for await (const each of answer.message) messages.push(asJson(method.output, each))
        }
        return success(messages, { headerReference })
      } catch (error) {
        const failure = ConnectError.from(error)
        headerReference ??= failure.metadata.get('signet-reference') ?? undefined
        return fromRpcError(failure, { messages, headerReference })
      }
    },
  }
}

async function* only<T>(value: T): AsyncGenerator<T> {
  yield value
}

/** Connect in JSON, with nothing but fetch: it sees the very text that a browser sees. */
export function connectJsonClient(url: string): WireClient {
  return {
    name: 'connect json by fetch',
    close: () => {},
    async call(methodName, input, { token, idempotencyKey }) {
      const streams = methodNamed(methodName).methodKind !== 'unary'
      const answer = await fetch(`${url}/${methodName}`, {
        method: 'POST',
        headers: {
          'content-type': streams ? 'application/connect+json' : 'application/json',
          ...headersOf({ token, idempotencyKey }),
        },
        body: streams ? envelope(JSON.stringify(input)) : JSON.stringify(input),
      })
      const headerReference = answer.headers.get('signet-reference') ?? undefined
      if (!streams) {
        const body = (await answer.json()) as JsonValue
        if (answer.ok) return success([body], { headerReference })
        return fromConnectError(body, [], headerReference)
      }
      const frames = envelopes(Buffer.from(await answer.arrayBuffer()))
      const end = frames.pop() as { error?: JsonValue } | undefined
      if (end?.error !== undefined) return fromConnectError(end.error, frames, headerReference)
      return success(frames, { headerReference })
    },
  }
}

function fromConnectError(
  body: JsonValue,
  messages: JsonValue[],
  headerReference: string | undefined,
): Verdict {
  const error = errorFromJson(body, undefined, new ConnectError('unreadable', Code.Unknown))
  return fromRpcError(error, { messages, headerReference })
}

function envelope(text: string): Uint8Array<ArrayBuffer> {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(Buffer.byteLength(text), 1)
  return new Uint8Array(Buffer.concat([head, Buffer.from(text)]))
}

function envelopes(bytes: Buffer): JsonValue[] {
  const texts: JsonValue[] = []
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at + 1)
    texts.push(JSON.parse(bytes.toString('utf8', at + 5, at + 5 + length)))
    at += 5 + length
  }
  return texts
}

/** gRPC by @grpc/grpc-js. */
export function grpcJsClient(hostAndPort: string): WireClient {
  const client = new Client(hostAndPort, credentials.createInsecure())
  return {
    name: 'grpc by grpc-js',
    close: () => client.close(),
    call(methodName, input, { token, timeoutMs, idempotencyKey }) {
      const method = methodNamed(methodName)
      const metadata = new Metadata()
      for (const [name, value] of Object.entries(headersOf({ token, idempotencyKey })))
        metadata.set(name, value)
      const options = timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs }
      const write = (message: Message) => Buffer.from(toBinary(method.input, message))
      const read = (bytes: Buffer) => fromBinary(method.output, bytes)
      const message = fromJson(method.input, input)
      const messages: JsonValue[] = []
      let headerReference: string | undefined
      return new Promise<Verdict>((resolve) => {
        const end = (error: ServiceError | null) =>
          resolve(
            error === null
              ? success(messages, { headerReference })
              : fromRpcError(grpcJsError(error), { messages, headerReference }),
          )
        const noteHeaders = (headers: Metadata) => {
          headerReference = headers.get('signet-reference')[0]?.toString()
        }
        const path = `/${methodName}`
        if (method.methodKind === 'unary') {
          client
            .makeUnaryRequest(path, write, read, message, metadata, options, (error, answer) => {
              if (answer !== undefined) messages.push(asJson(method.output, answer))
              end(error)
            })
            .on('metadata', noteHeaders)
          return
        }
        client
          .makeServerStreamRequest(path, write, read, message, metadata, options)
          .on('metadata', noteHeaders)
          .on('data', (each: Message) => messages.push(asJson(method.output, each)))
          .on('error', (error: ServiceError) => end(error))
          .on('end', () => end(null))
      })
    },
  }
}

function grpcJsError(error: ServiceError): ConnectError {
  const details = error.metadata.get('grpc-status-details-bin')[0]
  const trailer = new Headers({
    'grpc-status': String(error.code),
    'grpc-message': encodeURIComponent(error.details),
  })
  if (details !== undefined)
    trailer.set('grpc-status-details-bin', Buffer.from(details).toString('base64'))
  return findTrailerError(trailer) ?? new ConnectError('no error', Code.Unknown)
}
