/**
 * Random input of every kind over REST, Connect and gRPC: an answer below 500, a problem document or an error detail
 * where it is a refusal, nothing inner in it, no bug in the log, and nothing left running.
 */

import assert from 'node:assert/strict'
import http2 from 'node:http2'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { rawRequest, sendRaw } from './testing/raw-http.ts'
import { startTestListener, type TestListener, tokens } from './testing/test-listener.ts'

const inner = /node:|node_modules|\.ts:\d|\bat \w+ \(|TypeError|SyntaxError|RangeError/

let listener: TestListener
let session: http2.ClientHttp2Session

before(async () => {
  listener = await startTestListener({
    answer: (method) => (method.endsWith('WatchEvents') ? (async function* () {})() : {}),
  })
  session = http2.connect(listener.url)
})

after(async () => {
  session.destroy()
  await listener.close(0)
})

const authorization = `Bearer ${tokens.everything}`
const paths = ['/api/v1/auth/sign-up', '/api/v1/auth/sign-in', '/api/v1/auth/validate-credentials']
const procedures = ['AuthService/SignUp', 'AuthService/SignIn', 'EventService/WatchEvents']

/** Sends one request over HTTP/2 and answers its status, header, trailers and body. */
function send(
  headers: Record<string, string>,
  body: Uint8Array,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':method': 'POST', authorization, ...headers })
    let status = 0
    let text = ''
    const note = (head: object) => {
      text += `\n${JSON.stringify(head)}\n`
    }
    stream.on('response', (head) => {
      status = Number(head[':status'])
      note(head)
    })
    stream.on('trailers', note)
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
    })
    stream.on('error', reject)
    stream.on('close', () => resolve({ status, text }))
    stream.end(body)
  })
}

function assertHarmless({ status, text }: { status: number; text: string }) {
  assert.ok(status >= 200 && status < 500, `${status} ${text}`)
  assert.doesNotMatch(text, inner)
  assert.deepEqual(listener.logLines, [])
  assert.deepEqual(listener.app.admission.counts(), { unary: 0, stream: 0, public_stream: 0 })
}

const keys = fc.constantFrom(
  'email',
  'password',
  'display_name',
  'locale',
  'device',
  'model',
  '__proto__',
  'x',
)
const jsonValues = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.string({ unit: 'binary' }),
    fc.double(),
    fc.bigInt(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.oneof(keys, fc.string()), tie('value'), { maxKeys: 4 }),
  ),
})).value

const asText = (value: unknown) =>
  JSON.stringify(value, (_key, each) => (typeof each === 'bigint' ? String(each) : each)) ?? ''

test('JSON of any shape', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...paths), jsonValues, async (path, value) => {
      const headers = { ':path': path, 'content-type': 'application/json' }
      assertHarmless(await send(headers, Buffer.from(asText(value))))
    }),
    { numRuns: 300 },
  )
})

test('bytes as JSON, gzip and protobuf', async () => {
  const types = [
    'application/json',
    'application/proto',
    'application/grpc',
    'application/grpc-web',
    'application/connect+proto',
    'application/grpc+json',
  ]
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...paths, ...procedures.map((each) => `/signet.v1.${each}`)),
      fc.constantFrom(...types),
      fc.option(fc.constantFrom('gzip', 'br', 'identity')),
      fc.uint8Array({ maxLength: 64 }),
      async (path, type, encoding, bytes) => {
        const headers = {
          ':path': path,
          'content-type': type,
          ...(encoding !== null && { 'content-encoding': encoding, 'grpc-encoding': encoding }),
        }
        assertHarmless(await send(headers, bytes))
      },
    ),
    { numRuns: 600 },
  )
})

test('enveloped bytes over gRPC', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...procedures),
      fc.uint8Array({ maxLength: 64 }),
      async (procedure, bytes) => {
        const head = Buffer.alloc(5)
        head.writeUInt32BE(bytes.length, 1)
        const headers = {
          ':path': `/signet.v1.${procedure}`,
          'content-type': 'application/grpc',
          te: 'trailers',
        }
        assertHarmless(await send(headers, Buffer.concat([head, bytes])))
      },
    ),
    { numRuns: 400 },
  )
})

test('any query and any path', async () => {
  const url = fc
    .oneof(fc.webQueryParameters(), fc.string())
    .map((text) => encodeURI(text.toWellFormed()))
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(
        '/api/v1/events/watch?',
        '/api/v1/events/watch?since=',
        '/api/v1/',
        '/',
        '/signet.v1.',
      ),
      url,
      async (start, rest) => {
        const target = (start + rest).replace(/[^\x21-\x7e]/g, '')
        const line = `GET ${target}`
        const text = await sendRaw(listener.port, rawRequest(line, { authorization }))
        assertHarmless({ status: Number(text.split(' ')[1]), text })
      },
    ),
    { numRuns: 300 },
  )
})

test('any Basic credentials', async () => {
  const part = fc.oneof(fc.string({ unit: 'binary' }), fc.webQueryParameters(), fc.constant(''))
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('Basic ', 'basic ', 'Basic', 'Basic  '),
      fc.oneof(
        fc.tuple(part, part).map((both) => Buffer.from(both.join(':')).toString('base64')),
        fc.base64String(),
        fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('base64url')),
      ),
      async (scheme, encoded) => {
        const headers = { authorization: scheme + encoded }
        const text = await sendRaw(
          listener.port,
          rawRequest('GET /api/v1/events/watch?untilNow=true', headers),
        )
        assertHarmless({ status: Number(text.split(' ')[1]), text })
        assert.match(text, /^HTTP\/1\.1 401 /)
        if (/^basic +\S/i.test(headers.authorization)) {
          assert.match(text, /^www-authenticate: Basic realm="signet"/im)
        }
      },
    ),
    { numRuns: 300 },
  )
})

test('any header line', async () => {
  const names = fc.constantFrom(
    'content-type',
    'accept-encoding',
    'authorization',
    'connect-timeout-ms',
    'x-forwarded-for',
    'forwarded',
    'origin',
    'expect',
    'range',
    'x',
  )
  await fc.assert(
    fc.asyncProperty(names, fc.string({ unit: 'binary' }), async (name, value) => {
      const clean = value.replace(/[\r\n\0]/g, '')
      const request = rawRequest('POST /signet.v1.AuthService/SignUp', { [name]: clean }, '{}')
      const text = await sendRaw(listener.port, request)
      assertHarmless({ status: Number(text.split(' ')[1]), text })
    }),
    { numRuns: 300 },
  )
})
