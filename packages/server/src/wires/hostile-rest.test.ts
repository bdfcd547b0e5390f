/** What hostile or broken callers send to REST: each gets a precise refusal, never a 5xx, and the server goes on. */

import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { parseAnswer, rawRequest, request, sendRaw } from './testing/raw-http.ts'
import { issuer, startTestListener, type TestListener, tokens } from './testing/test-listener.ts'

const json = { 'content-type': 'application/json' }
const signUp = 'POST /api/v1/auth/sign-up'
const good = '{"email":"ada@example.com","password":"correct horse"}'
const reader = { authorization: `Bearer ${tokens.reader}` }
const limits = { bodyBytes: 20_000, inflatedBodyBytes: 50_000, headerBytes: 8192, headersMax: 40 }

let listener: TestListener
let reached = 0

before(async () => {
  listener = await startTestListener({
    limits,
    answer: (method) => {
      reached += 1
      return method.endsWith('WatchEvents') ? (async function* () {})() : {}
    },
  })
})

after(() => listener.close(0))

afterEach(async () => {
  const alive = await request(listener.port, 'GET /api/v1/auth/password-policy')
  assert.equal(alive.status, 200, 'the server is alive')
  reached = 0
  const bugs = listener.logLines.filter((line) => JSON.parse(line).level >= 50)
  assert.deepEqual(bugs, [], 'nothing was logged as a bug')
})

interface Refused {
  status: number
  reason: string
  rule?: string
  field?: string
}

/** Sends bytes and holds the answer against a problem document. */
async function refused(bytes: Buffer | string | (Buffer | string)[], expected: Refused) {
  const answer = parseAnswer(await sendRaw(listener.port, bytes))
  assert.equal(answer.status, expected.status, answer.body)
  assert.match(answer.headers['content-type'] ?? '', /^application\/problem\+json/)
  assert.equal(answer.headers['cache-control'], 'no-store')
  assert.equal(answer.headers['x-content-type-options'], 'nosniff')
  const problem = JSON.parse(answer.body)
  assert.equal(problem.status, expected.status)
  assert.equal(problem.reason, expected.reason)
  assert.equal(
    problem.type,
    `${issuer}/docs/errors#${expected.reason.toLowerCase().replaceAll('_', '-')}`,
  )
  assert.equal(problem.instance, `urn:signet:reference:${problem.reference}`)
  assert.equal(answer.headers['signet-reference'], problem.reference)
  if (expected.rule !== undefined) assert.equal(problem.violations[0].rule, expected.rule)
  if (expected.field !== undefined) assert.equal(problem.violations[0].field, expected.field)
  assert.equal(reached, 0, 'no handler was reached')
  return answer
}

/** The same, where nothing more is to be said about the answer. */
async function refuses(...parts: Parameters<typeof refused>): Promise<void> {
  await refused(...parts)
}

const invalid = { status: 400, reason: 'INVALID_ARGUMENT' }
const malformed = { ...invalid, rule: 'malformed', field: '' }

describe('a JSON body', () => {
  const cases: [name: string, body: string | Buffer, expected: Refused][] = [
    ['that is cut off', '{"email":"a', malformed],
    ['that is empty', '', malformed],
    ['of white space', '  ', malformed],
    ['that is an array', '[]', malformed],
    ['that is null', 'null', malformed],
    ['that is a string', '"x"', malformed],
    ['with something behind it', `${good}x`, malformed],
    [
      'with invalid UTF-8',
      Buffer.from([...Buffer.from('{"email":"'), 0xff, 0xfe, ...Buffer.from('"}')]),
      malformed,
    ],
    ['in UTF-16', Buffer.from(good, 'utf16le'), malformed],
    [
      'with half a surrogate pair',
      '{"email":"\\ud800"}',
      { ...invalid, rule: 'wrong_type', field: 'email' },
    ],
    ['nested a hundred thousand deep', '['.repeat(9_000) + ']'.repeat(9_000), malformed],
    [
      'with a deep unknown field',
      `{"x":${'{"x":'.repeat(2000)}1${'}'.repeat(2000)}}`,
      { ...invalid, rule: 'unknown_field', field: 'x' },
    ],
    [
      'with an unknown field',
      '{"emial":"x"}',
      { ...invalid, rule: 'unknown_field', field: 'emial' },
    ],
    [
      'with __proto__',
      '{"__proto__":{"email":"x"}}',
      { ...invalid, rule: 'unknown_field', field: '__proto__' },
    ],
    [
      'with constructor',
      '{"constructor":{}}',
      { ...invalid, rule: 'unknown_field', field: 'constructor' },
    ],
    [
      'with a field twice',
      '{"email":"a@b.c","email":"d@e.f"}',
      { ...invalid, rule: 'duplicate_field', field: 'email' },
    ],
    [
      'with a field twice, with spaces and a colon that is written as an escape',
      '{"email" : "\\u003a" , "email" : "d@e.f"}',
      { ...invalid, rule: 'duplicate_field', field: 'email' },
    ],
    [
      'with a field twice by two names',
      '{"displayName":"a","display_name":"b"}',
      { ...invalid, rule: 'wrong_type', field: 'displayName' },
    ],
    [
      'with a field twice by an escape',
      '{"email":"a@b.c","em\\u0061il":"d@e.f"}',
      { ...invalid, field: 'email' },
    ],
    [
      'with a number for a string',
      '{"email":5}',
      { ...invalid, rule: 'wrong_type', field: 'email' },
    ],
    [
      'with an object for a string',
      '{"email":{}}',
      { ...invalid, rule: 'wrong_type', field: 'email' },
    ],
  ]
  for (const [name, body, expected] of cases)
    test(name, async () => {
      await refused(
        rawRequest(signUp, { ...json, 'content-length': String(Buffer.byteLength(body)) }, body),
        expected,
      )
    })

  test('with a wrong type deep inside names the path, not the value', async () => {
    const body = '{"identifier":"a","password":"b","device":{"model":987654321}}'
    const answer = await refused(rawRequest('POST /api/v1/auth/sign-in', json, body), {
      ...invalid,
      rule: 'wrong_type',
      field: 'device.model',
    })
    assert.ok(!answer.body.includes('987654321'))
  })

  test('never repeats a password', async () => {
    const body = '{"email":"a@b.c","password":42424242424242}'
    const answer = await refused(rawRequest(signUp, json, body), { ...invalid, field: 'password' })
    assert.ok(!answer.body.includes('42424242'))
    assert.ok(!listener.logLines.join().includes('42424242'))
  })
})

describe('the form of a body', () => {
  const unsupported = { status: 415, reason: 'UNSUPPORTED_MEDIA_TYPE' }
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/json; charset=latin1',
    'application/jsonp',
    'multipart/form-data; boundary=x',
    'nonsense',
    '',
  ])
    test(`as "${type}" is not read`, () =>
      refuses(rawRequest(signUp, { 'content-type': type }, good), unsupported))

  test('without any type is not read', () => refuses(rawRequest(signUp, {}, good), unsupported))

  for (const encoding of ['br', 'deflate', 'compress', 'gzip, gzip', 'x'])
    test(`encoded as ${encoding} is not read`, () =>
      refuses(
        rawRequest(signUp, { ...json, 'content-encoding': encoding }, gzipSync(good)),
        unsupported,
      ))

  test('in gzip is read', async () => {
    const answer = await request(
      listener.port,
      signUp,
      { ...json, 'content-encoding': 'gzip' },
      gzipSync(good),
    )
    assert.equal(answer.status, 200)
    assert.equal(reached, 1)
  })

  test('with charset=UTF-8 is read', async () => {
    const type = { 'content-type': 'application/json; charset=UTF-8' }
    assert.equal((await request(listener.port, signUp, type, good)).status, 200)
  })

  test('that says gzip and is not', () =>
    refuses(rawRequest(signUp, { ...json, 'content-encoding': 'gzip' }, good), malformed))

  test('whose gzip is cut off', () =>
    refuses(
      rawRequest(signUp, { ...json, 'content-encoding': 'gzip' }, gzipSync(good).subarray(0, 30)),
      malformed,
    ))

  const tooLarge = { status: 413, reason: 'TOO_LARGE' }
  test('that inflates beyond the limit', () =>
    refuses(
      rawRequest(
        signUp,
        { ...json, 'content-encoding': 'gzip' },
        gzipSync(Buffer.alloc(5_000_000, 32)),
      ),
      tooLarge,
    ))

  test('that announces too much', () =>
    refuses(rawRequest(signUp, { ...json, 'content-length': '20001' }), tooLarge))

  test('that grows too large in chunks', () =>
    refuses(
      [
        rawRequest(signUp, { ...json, 'transfer-encoding': 'chunked' }),
        ...Array.from({ length: 6 }, () => `1000\r\n${'x'.repeat(4096)}\r\n`),
        '0\r\n\r\n',
      ],
      tooLarge,
    ))

  test('that is as large as the limit is read', async () => {
    const body = good.replace('}', `,"displayName":"${'x'.repeat(90)}"}`)
    const padded = body + ' '.repeat(limits.bodyBytes - body.length)
    assert.equal((await request(listener.port, signUp, json, padded)).status, 200)
  })

  test('may be missing where every field may be', async () => {
    const none = { 'content-length': '0', ...reader }
    const answer = await request(listener.port, 'POST /api/v1/auth/validate-credentials', none)
    assert.equal(answer.status, 200)
  })
})

describe('a query', () => {
  const watch = 'GET /api/v1/events/watch'
  const cases: [query: string, expected: Refused][] = [
    ['sinze=1', { ...invalid, rule: 'unknown_field', field: 'sinze' }],
    ['since=1&since=2', { ...invalid, rule: 'duplicate_field', field: 'since' }],
    ['until_now=true&untilNow=true', { ...invalid, rule: 'duplicate_field', field: 'untilNow' }],
    ['since=abc', { ...invalid, rule: 'wrong_type', field: 'since' }],
    ['since=', { ...invalid, rule: 'wrong_type', field: 'since' }],
    ['since=1e400', { ...invalid, rule: 'wrong_type', field: 'since' }],
    ['since=9223372036854775808', { ...invalid, rule: 'wrong_type', field: 'since' }],
    ['since=-1', { ...invalid, rule: 'int64.gte', field: 'since' }],
    ['untilNow=yes', { ...invalid, rule: 'wrong_type', field: 'untilNow' }],
    ['since[]=1', { ...invalid, rule: 'unknown_field', field: 'since[]' }],
    ['since.x=1', { ...invalid, rule: 'unknown_field', field: 'since.x' }],
    ['__proto__=1', { ...invalid, rule: 'unknown_field', field: '__proto__' }],
    ['since=%', malformed],
    ['since=%ff', malformed],
    ['%00=1', { ...invalid, rule: 'unknown_field', field: '\u0000' }],
    ['access_token=abc', { ...invalid, rule: 'unknown_field', field: 'access_token' }],
  ]
  for (const [query, expected] of cases)
    test(query, async () => {
      await refused(rawRequest(`${watch}?${query}`, reader), expected)
    })

  test('has no place beside a body', () =>
    refuses(rawRequest(`${signUp}?locale=en`, json, good), {
      ...invalid,
      rule: 'unknown_field',
      field: 'locale',
    }))

  test('is read in both spellings', async () => {
    for (const query of ['since=1&until_now=true', 'since=1&untilNow=false', '', '&'])
      assert.equal((await request(listener.port, `${watch}?${query}`, reader)).status, 200)
  })
})

describe('a path', () => {
  const nothing = { status: 404, reason: 'NOT_FOUND' }
  for (const path of [
    '/',
    '/api/v1/auth/sign-up/',
    '//api/v1/auth/sign-up',
    '/api/v1/auth/Sign-Up',
    '/api/v1/auth/../auth/sign-up',
    '/api/v1/auth/sign%2Dup/%2e%2e',
    '/signet.v1.AuthService/',
    '/signet.v1.AuthService/signUp',
    '/api/v1/auth/sign-up;x=1',
    '/%00',
    `/${'a'.repeat(3000)}`,
  ])
    test(`that is not there: ${path.slice(0, 40)}`, () =>
      refuses(rawRequest(`POST ${path}`), nothing))

  for (const path of ['/%', '/%ff', '/api/v1/%zz'])
    test(`badly encoded: ${path}`, () => refuses(rawRequest(`GET ${path}`), invalid))

  test('with another HTTP method names those that it has', async () => {
    const no = { status: 405, reason: 'METHOD_NOT_ALLOWED' }
    for (const [line, allow] of [
      ['GET /api/v1/auth/sign-up', 'POST'],
      ['DELETE /api/v1/auth/sign-up', 'POST'],
      ['TRACE /api/v1/auth/sign-up', 'POST'],
      ['POST /api/v1/users/me', 'GET, HEAD, PATCH'],
      ['HEAD /api/v1/events/watch', 'GET'],
    ] as const) {
      if (line.startsWith('HEAD')) {
        assert.equal((await request(listener.port, line)).status, 405)
        continue
      }
      const answer = await refused(rawRequest(line), no)
      assert.equal(answer.headers.allow, allow)
    }
  })

  test('tells its HTTP methods on OPTIONS', async () => {
    const answer = await request(listener.port, 'OPTIONS /api/v1/users/me')
    assert.equal(answer.status, 204)
    assert.equal(answer.headers.allow, 'GET, HEAD, PATCH')
  })

  test('answers HEAD like GET, without the body', async () => {
    const answer = await request(listener.port, 'HEAD /api/v1/auth/password-policy')
    assert.equal(answer.status, 200)
    assert.equal(answer.body, '')
  })

  test('in absolute form is the same path', async () => {
    const line = 'GET http://signet.test/api/v1/auth/password-policy'
    assert.equal((await request(listener.port, line)).status, 200)
  })

  for (const target of ['*', 'ftp://signet.test/', 'signet.test:443'])
    test(`that is none: ${target}`, () => refuses(rawRequest(`OPTIONS ${target}`), invalid))
})

describe('a token', () => {
  const me = 'GET /api/v1/users/me'
  const no = { status: 401, reason: 'UNAUTHENTICATED' }
  for (const value of [
    'Basic YTpi',
    'Bearer',
    'Bearer ',
    'Bearer a b',
    'Bearer \u00e9',
    tokens.reader,
    `Bearer,${tokens.reader}`,
  ])
    test(`as "${value}"`, async () => {
      const answer = await refused(rawRequest(me, { authorization: value }), no)
      assert.equal(answer.headers['www-authenticate'], 'Bearer error="invalid_token"')
    })

  test('that is missing is told the scheme alone', async () => {
    const answer = await refused(rawRequest(me), no)
    assert.equal(answer.headers['www-authenticate'], 'Bearer')
  })

  test('is known by its scheme in any letter case', async () => {
    const headers = { authorization: `bEaReR ${tokens.plain}` }
    assert.equal((await request(listener.port, me, headers)).status, 200)
  })
})
