/**
 * The one message that a unary or server-streaming call brings, out of the framing of its protocol.
 *
 * It is read here and not by the library, so that bytes which are no message, a bomb or a body without end are refused
 * in the pipeline, with the same reason and the same violations as on every other wire.
 *
 * 1. What the headers announce: protocol, encoding of the message, compression, deadline.
 * 2. The body, or in Connect's GET the query, within the limits.
 * 3. The envelope of gRPC, gRPC-Web and Connect streams: one byte of flags, four bytes of length, one message.
 *
 * Errors: INVALID_ARGUMENT, TOO_LARGE, TIMEOUT, UNSUPPORTED_MEDIA_TYPE.
 * Specs: gRPC over HTTP/2; gRPC-Web; Connect.
 */

import { parseContentType as parseConnectType } from '@connectrpc/connect/protocol-connect'
import { parseContentType as parseGrpcType } from '@connectrpc/connect/protocol-grpc'
import { parseContentType as parseGrpcWebType } from '@connectrpc/connect/protocol-grpc-web'
import { undecodable } from '../../call/decode.ts'
import type { HttpRequest } from '../http.ts'
import { inflate } from '../inflate.ts'
import type { WireLimits } from '../limits.ts'
import { readBody } from '../read-body.ts'

/** How the message of a call travels. */
export interface RpcFormat {
  wire: 'connect' | 'grpc' | 'grpc-web'
  enveloped: boolean
  binary: boolean
  encoding: string | undefined
  /** The message itself, where Connect's GET carries it in the query. */
  query: URLSearchParams | undefined
}

const envelopeBytes = 5
const compressedFlag = 1

/** What the headers announce; undefined where no protocol does. */
export function formatOf(req: HttpRequest): RpcFormat | undefined {
  if (req.method === 'GET') return queryFormat(req)
  const type = req.headers['content-type'] ?? null
  const connect = parseConnectType(type)
  if (connect !== undefined)
    return {
      wire: 'connect',
      enveloped: connect.stream,
      binary: connect.binary,
      encoding: header(req, connect.stream ? 'connect-content-encoding' : 'content-encoding'),
      query: undefined,
    }
  const grpc = parseGrpcType(type)
  const grpcWeb = grpc === undefined ? parseGrpcWebType(type) : undefined
  const found = grpc ?? grpcWeb
  if (found === undefined) return undefined
  return {
    wire: grpc === undefined ? 'grpc-web' : 'grpc',
    enveloped: true,
    binary: found.binary,
    encoding: header(req, 'grpc-encoding'),
    query: undefined,
  }
}

function queryFormat(req: HttpRequest): RpcFormat | undefined {
  const url = req.url ?? ''
  const query = new URLSearchParams(url.slice(url.indexOf('?') + 1))
  const encoding = query.get('encoding')
  if (encoding !== 'json' && encoding !== 'proto') return undefined
  return {
    wire: 'connect',
    enveloped: false,
    binary: encoding === 'proto',
    encoding: query.get('compression') ?? undefined,
    query,
  }
}

/** The bytes of the message, inflated. */
export async function readPayload(
  req: HttpRequest,
  format: RpcFormat,
  limits: WireLimits,
): Promise<Uint8Array> {
  if (format.query !== undefined) {
    const text = format.query.get('message') ?? ''
    const bytes = Buffer.from(text, format.query.get('base64') === '1' ? 'base64url' : 'utf8')
    return inflate(bytes, format.encoding, limits.inflatedBodyBytes)
  }
  const body = await readBody(req, limits)
  if (!format.enveloped) return inflate(body, format.encoding, limits.inflatedBodyBytes)
  const { flags, message } = onlyEnvelope(body)
  const encoding = (flags & compressedFlag) === 0 ? undefined : (format.encoding ?? 'unknown')
  return inflate(message, encoding, limits.inflatedBodyBytes)
}

function onlyEnvelope(body: Buffer): { flags: number; message: Buffer } {
  const complete = body.byteLength >= envelopeBytes
  const length = complete ? body.readUInt32BE(1) : 0
  if (!complete || body.byteLength !== envelopeBytes + length)
    throw undecodable({
      field: '',
      rule: 'malformed',
      message: 'The body is not exactly one message in its envelope.',
    })
  return { flags: body.readUInt8(0), message: body.subarray(envelopeBytes) }
}

function header(req: HttpRequest, name: string): string | undefined {
  const value = req.headers[name]
  return Array.isArray(value) ? value.join(',') : value
}
