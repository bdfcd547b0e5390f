/** What hostile or broken callers send to procedures: each gets a precise refusal in its own protocol. */

import assert from 'node:assert/strict'
import http2 from 'node:http2'
import { after, afterEach, before, describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { create, toBinary } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { errorFromJson } from '@connectrpc/connect/protocol-connect'
import { findTrailerError } from '@connectrpc/connect/protocol-grpc'
import { SignUpRequestSchema } from '@signet/contract'
import { startTestListener, type TestListener } from './testing/test-listener.ts'
import { fromRpcError, type Verdict } from './testing/verdict.ts'

const signUp = '/signet.v1.AuthService/SignUp'
const limits = { bodyBytes: 20_000, inflatedBodyBytes: 50_000, requestTimeoutMs: 1000 }
const good = toBinary(
  SignUpRequestSchema,
  create(SignUpRequestSchema, { email: 'ada@example.com', password: 'correct horse' }),
)

let listener: TestListener
let session: http2.ClientHttp2Session
let reached = 0

before(async () => {
  listener = await startTestListener({
    limits,
    answer: () => {
      reached += 1
      return {}
    },
  })
  session = http2.connect(listener.url)
})

after(async () => {
  session.destroy()
  await listener.close(0)
})

afterEach(async () => {
  reached = 0
  const alive = await fetch(`${listener.url}/api/v1/auth/password-policy`)
  assert.equal(alive.status, 200, 'the server is alive')
  reached = 0
  const bugs = listener.logLines.filter((line) => JSON.parse(line).level >= 50)
  assert.deepEqual(bugs, [], 'nothing was logged as a bug')
})

interface Http2Answer {
  head: Record<string, unknown>
  trailers: Record<string, unknown>
  body: Buffer
}

/** One request over HTTP/2, as given. */
function send(headers: Record<string, string>, body: Uint8Array | undefined): Promise<Http2Answer> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':method': 'POST', ':path': signUp, ...headers })
    const answer: Http2Answer = { head: {}, trailers: {}, body: Buffer.alloc(0) }
    stream.on('response', (head) => {
      answer.head = head
    })
    stream.on('trailers', (trailers) => {
      answer.trailers = trailers
    })
    stream.on('data', (chunk: Buffer) => {
      answer.body = Buffer.concat([answer.body, chunk])
    })
    stream.on('error', reject)
    stream.on('close', () => resolve(answer))
    if (body !== undefined) stream.end(body)
    else stream.end()
  })
}

function envelope(message: Uint8Array, flags = 0, length = message.byteLength): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt8(flags, 0)
  head.writeUInt32BE(length, 1)
  return Buffer.concat([head, message])
}

async function grpc(
  body: Uint8Array | undefined,
  headers: Record<string, string> = {},
): Promise<Verdict> {
  const answer = await send(
    { 'content-type': 'application/grpc', te: 'trailers', ...headers },
    body,
  )
  assert.equal(answer.head[':status'], 200)
  const trailers = new Headers(Object.entries(answer.trailers).map(([k, v]) => [k, String(v)]))
  const error = findTrailerError(trailers)
  assert.ok(error !== undefined, 'the call was refused')
  return fromRpcError(error, {})
}

async function connect(
  body: Uint8Array | undefined,
  headers: Record<string, string> = {},
): Promise<Verdict> {
  const answer = await send({ 'content-type': 'application/proto', ...headers }, body)
  assert.ok(Number(answer.head[':status']) < 500, String(answer.head[':status']))
  const error = errorFromJson(
    JSON.parse(answer.body.toString()),
    undefined,
    new ConnectError('?', Code.Unknown),
  )
  return fromRpcError(error, {})
}

function expectRefusal(verdict: Verdict, result: string, rule?: string) {
  assert.equal(verdict.result, result)
  if (rule !== undefined) assert.equal(verdict.violations[0]?.rule, rule)
  assert.match(verdict.reference ?? '', /^\w{4}-\w{4}-\w{4}$/)
  assert.equal(reached, 0, 'no handler was reached')
}

describe('binary protobuf', () => {
  const cases: [name: string, bytes: Uint8Array][] = [
    ['that is rubbish', new Uint8Array(50).fill(0xff)],
    ['that is cut off', good.subarray(0, 7)],
    ['with an illegal wire type', new Uint8Array([0xf7, 0x01])],
    ['with invalid UTF-8', new Uint8Array([0x0a, 0x02, 0xff, 0xfe])],
    ['with a length beyond its end', new Uint8Array([0x0a, 0xff, 0xff, 0xff, 0x0f, 0x61])],
    ['with a varint without an end', new Uint8Array(20).fill(0x80)],
    ['of groups without an end', new Uint8Array(5000).fill(0x7b)],
  ]
  for (const [name, bytes] of cases) {
    test(`${name}, over gRPC`, async () => {
      expectRefusal(await grpc(envelope(bytes)), 'INVALID_ARGUMENT', 'malformed')
    })
    test(`${name}, over Connect`, async () => {
      expectRefusal(await connect(bytes), 'INVALID_ARGUMENT', 'malformed')
    })
  }

  test('with an unknown field is read', async () => {
    const more = Buffer.concat([good, Buffer.from([0xfa, 0x3f, 0x01, 0x61])])
    const answer = await send({ 'content-type': 'application/proto' }, more)
    assert.equal(answer.head[':status'], 200)
    assert.equal(reached, 1)
  })
})

describe('an envelope', () => {
  const cases: [name: string, bytes: Uint8Array | undefined][] = [
    ['that is missing', undefined],
    ['that is cut off in its head', new Uint8Array([0, 0, 0])],
    ['that promises more than comes', envelope(good, 0, good.byteLength + 10)],
    ['that promises four gigabytes', envelope(good, 0, 0xffff_ffff)],
    ['that comes twice', Buffer.concat([envelope(good), envelope(good)])],
    ['with something behind it', Buffer.concat([envelope(good), Buffer.from('x')])],
  ]
  for (const [name, bytes] of cases)
    test(name, async () => {
      expectRefusal(await grpc(bytes), 'INVALID_ARGUMENT', 'malformed')
    })

  test('larger than the limit', async () => {
    expectRefusal(await grpc(envelope(Buffer.alloc(21_000))), 'TOO_LARGE')
  })

  test('that inflates beyond the limit', async () => {
    const bomb = envelope(gzipSync(Buffer.alloc(5_000_000)), 1)
    expectRefusal(await grpc(bomb, { 'grpc-encoding': 'gzip' }), 'TOO_LARGE')
  })

  test('that says gzip and is not', async () => {
    expectRefusal(
      await grpc(envelope(good, 1), { 'grpc-encoding': 'gzip' }),
      'INVALID_ARGUMENT',
      'malformed',
    )
  })

  test('compressed in a way that was not named', async () => {
    expectRefusal(await grpc(envelope(good, 1)), 'UNSUPPORTED_MEDIA_TYPE')
  })

  test('compressed in an unknown way', async () => {
    const snappy = { 'grpc-encoding': 'snappy' }
    const verdict = await grpc(envelope(good, 1), snappy)
    expectRefusal(verdict, 'UNSUPPORTED_MEDIA_TYPE')
    assert.equal(verdict.rpcCode, Code.Unimplemented)
  })

  test('in gzip is read', async () => {
    const answer = await send(
      { 'content-type': 'application/grpc', te: 'trailers', 'grpc-encoding': 'gzip' },
      envelope(gzipSync(good), 1),
    )
    assert.equal(answer.trailers['grpc-status'], '0')
    assert.equal(reached, 1)
  })
})

describe('a Connect body', () => {
  test('larger than the limit', async () => {
    expectRefusal(await connect(Buffer.alloc(21_000)), 'TOO_LARGE')
  })

  test('that inflates beyond the limit', async () => {
    const bomb = gzipSync(Buffer.alloc(5_000_000))
    expectRefusal(await connect(bomb, { 'content-encoding': 'gzip' }), 'TOO_LARGE')
  })

  const json = { 'content-type': 'application/json' }
  for (const [text, rule] of [
    ['{"email":', 'malformed'],
    ['', 'malformed'],
    ['{"nope":1}', 'unknown_field'],
    ['{"email":1}', 'wrong_type'],
    ['{"email":"a","email":"b"}', 'duplicate_field'],
  ] as const)
    test(`in JSON: ${text}`, async () => {
      expectRefusal(await connect(Buffer.from(text), json), 'INVALID_ARGUMENT', rule)
    })

  test('in JSON with invalid UTF-8', async () => {
    const bytes = Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])
    expectRefusal(await connect(bytes, json), 'INVALID_ARGUMENT', 'malformed')
  })
})

describe('a deadline', () => {
  for (const value of ['soon', '-1S', '1', '99999999999S', ''])
    test(`of "${value}"`, async () => {
      const verdict = await grpc(envelope(good), { 'grpc-timeout': value })
      expectRefusal(verdict, 'INVALID_ARGUMENT', 'malformed')
    })
})

describe('a request that speaks no protocol of the procedure', () => {
  async function problem(headers: Record<string, string>, status: number, reason: string) {
    const answer = await send(headers, Buffer.from('{}'))
    assert.equal(answer.head[':status'], status)
    assert.equal(JSON.parse(answer.body.toString()).reason, reason)
    assert.equal(answer.head['cache-control'], 'no-store')
    assert.equal(reached, 0)
    return answer
  }

  for (const type of [
    'text/plain',
    'application/grpc+xml',
    'application/connect+json',
    'application/grpc-web-text',
    '',
  ])
    test(`by its type "${type}"`, async () => {
      await problem({ 'content-type': type }, 415, 'UNSUPPORTED_MEDIA_TYPE')
    })

  test('by its HTTP method', async () => {
    const answer = await send({ ':method': 'PUT', 'content-type': 'application/json' }, undefined)
    assert.equal(answer.head[':status'], 405)
    assert.equal(answer.head.allow, 'POST')
  })

  test('by GET, where the method has side effects', async () => {
    const answer = await send(
      { ':method': 'GET', ':path': `${signUp}?encoding=json&message={}` },
      undefined,
    )
    assert.equal(answer.head[':status'], 405)
    assert.equal(reached, 0)
  })

  test('by GET without a message', async () => {
    const path = '/signet.v1.AuthService/GetPasswordPolicy'
    const answer = await send({ ':method': 'GET', ':path': path }, undefined)
    assert.equal(answer.head[':status'], 415)
  })

  test('a body that never ends is given up', async () => {
    const stream = session.request({
      ':method': 'POST',
      ':path': signUp,
      'content-type': 'application/grpc',
    })
    stream.on('error', () => {})
    stream.write(envelope(good).subarray(0, 8))
    const trailers = await new Promise<Record<string, unknown>>((resolve) => {
      stream.on('trailers', (received) => resolve(received))
      stream.resume()
    })
    assert.equal(trailers['grpc-status'], String(Code.DeadlineExceeded))
    stream.close()
  })
})
