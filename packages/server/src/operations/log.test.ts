import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ErrorReason } from '@signet/contract'
import Fastify from 'fastify'
import type { Logger } from 'pino'
import { Secret } from '../config/secret.ts'
import { SignetError } from '../errors.ts'
import { createLogger } from './log.ts'

const jwt = `eyJhbGciOiJFUzI1NiJ9.${'CANARY'.repeat(9)}.${'sig'.repeat(20)}`
const refreshToken = `sr1_${'CANARY'.repeat(12)}`
const phc = '$argon2id$v=19$m=19456,t=2,p=1$CANARYsalt$CANARYdigest'

function open(format: 'json' | 'pretty' = 'json') {
  const lines: string[] = []
  const log = createLogger({
    level: 'debug',
    format,
    stream: { write: (line) => void lines.push(line) },
  })
  return { log, lines, records: () => lines.map((line) => JSON.parse(line)) }
}

const canaries: Record<string, (log: Logger) => void> = {
  'headers of a request': (log) =>
    log.info({ headers: { Authorization: 'CANARY', cookie: 'CANARY', 'Set-Cookie': ['CANARY'] } }),
  'keys at any depth': (log) =>
    log.info({ a: { b: [{ c: { newPassword: 'CANARY', client_secret: 'CANARY' } }] } }),
  'every spelling of a key': (log) =>
    log.info({
      password: 'CANARY',
      PASSWORD: 'CANARY',
      passwordHash: 'CANARY',
      access_token: 'CANARY',
      refreshToken: 'CANARY',
      'x-api-key': 'CANARY',
      code: 'CANARY',
      user_code: 'CANARY',
      totp: 'CANARY',
      masterSecret: 'CANARY',
      privateKey: { d: 'CANARY' },
      sessionCookie: 'CANARY',
    }),
  'a token in a message': (log) => log.info(`refused ${jwt} and ${refreshToken}`),
  'a token as an argument': (log) => log.info('refused %s and %o', jwt, { password: 'CANARY' }),
  'a token under a harmless key': (log) => log.info({ presented: jwt, other: [refreshToken] }),
  'a child logger': (log) => log.child({ token: 'CANARY', presented: refreshToken }).info('x'),
  'bindings that are set later': (log) => {
    const child = log.child({})
    child.setBindings({ password: 'CANARY' })
    child.info('x')
  },
  'an authorization header in a text': (log) => log.info('sent Authorization: Bearer CANARYCANARY'),
  'a basic header in a text': (log) => log.info('Basic CANARYCANARY== was refused'),
  'a password hash': (log) => log.info({ row: phc }, `stored ${phc}`),
  'a bcrypt hash': (log) => log.info('$2b$12$CANARYCANARYCANARYCANARY'),
  'a private key': (log) =>
    log.info('-----BEGIN PRIVATE KEY-----\nCANARY\nCANARY\n-----END PRIVATE KEY-----\n'),
  'a URL with a password': (log) => log.info('postgres://signet:CANARY@db/signet'),
  'a URL with parameters': (log) =>
    log.info({ url: new URL('https://a.example/cb?code=CANARY&state=CANARY&x=1') }),
  'a form': (log) => log.info('grant_type=x&client_secret=CANARY&refresh_token=CANARY'),
  'an error': (log) => log.error(new Error(`no user for ${jwt}`)),
  'a chain of causes': (log) => {
    const cause = Object.assign(new Error(`cannot connect to postgres://u:CANARY@h`), {
      password: 'CANARY',
      detail: 'Key (canonical)=(CANARY@example.com) already exists.',
    })
    const error = new SignetError(ErrorReason.UNAVAILABLE, { cause, detail: refreshToken })
    log.error({ err: new AggregateError([error, new Error(jwt)], 'all failed') }, 'failed')
  },
  'a configured secret': (log) => log.info({ config: { value: new Secret('CANARY') } }),
  'a buffer': (log) => log.info({ bytes: Buffer.from('CANARY') }),
  'a map': (log) => log.info({ map: new Map([['password', 'CANARY']]) }),
  'something that says itself': (log) =>
    log.info({
      it: {
        toJSON: 1,
        x: new (class Row {
          toJSON() {
            return { token: 'CANARY' }
          }
        })(),
      },
    }),
}

for (const [name, write] of Object.entries(canaries)) {
  for (const format of ['json', 'pretty'] as const) {
    test(`no secret is logged: ${name} (${format})`, () => {
      const { log, lines } = open(format)
      write(log)
      assert.equal(lines.length, 1)
      const text = lines.join('')
      for (const canary of ['CANARY', Buffer.from('CANARY').toString('hex'), '67,65,78'])
        assert.ok(!text.includes(canary), text)
    })
  }
}

test('what is no secret stays', () => {
  const { log, records } = open()
  const now = new Date(0)
  log.info(
    { method: 'SignIn', statusCode: 401, expires_in: 300, big: 7n, now, list: [1, null] },
    'hi',
  )
  const [{ time, ...record } = {}] = records()
  assert.match(time, /^\d{4}-\d\d-\d\dT/)
  assert.deepEqual(record, {
    level: 30,
    method: 'SignIn',
    statusCode: 401,
    expires_in: 300,
    big: '7',
    now: '1970-01-01T00:00:00.000Z',
    list: [1, null],
    msg: 'hi',
  })
})

test('an error keeps its type, code, reason, stack and causes', () => {
  const { log, records } = open()
  const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
  log.error({ err: new SignetError(ErrorReason.UNAVAILABLE, { cause }) }, 'failed')
  const [{ err } = {}] = records()
  assert.equal(err.type, 'SignetError')
  assert.equal(err.reason, ErrorReason.UNAVAILABLE)
  assert.match(err.stack, /log\.test\.ts/)
  assert.deepEqual([err.cause.message, err.cause.errorCode], ['refused', 'ECONNREFUSED'])
})

test('circles, depth and length have an end', () => {
  const { log, lines } = open()
  const circle: Record<string, unknown> = {}
  circle.self = circle
  const error = new Error('x')
  error.cause = error
  log.info({ circle, error, many: Array(100_000).fill(0), f: () => 1, s: Symbol('s') })
  assert.equal(lines.length, 1)
  assert.ok((lines[0]?.length ?? 0) < 30_000)
})

test('a request of Fastify shows method and path alone', async (t) => {
  const { log, lines } = open()
  const fastify = Fastify({ loggerInstance: log })
  t.after(() => fastify.close())
  fastify.get('/cb', (request) => {
    request.log.info({ req: request, res: request.raw }, 'seen')
    return {}
  })
  await fastify.inject({ url: '/cb?code=CANARY', headers: { cookie: 'sid=CANARY' } })
  const text = lines.join('')
  assert.match(text, /"url":"\/cb"/)
  assert.ok(!text.includes('CANARY'), text)
})

test('a line for a person: one line, no control characters, causes below', () => {
  const { log, lines } = open('pretty')
  log.warn({ method: 'SignIn', note: 'two words' }, 'first\nforged \u001b[31m')
  log.error({ err: new Error('outer', { cause: new Error('inner') }) }, 'failed')
  const [first = '', second = ''] = lines
  assert.match(
    first,
    /^\d\d:\d\d:\d\d\.\d{3} warn {2}first\\nforged \\u001b\[31m method=SignIn note="two words"\n$/,
  )
  assert.match(second, /error failed\n {2}Error: outer\n[\s\S]*because of\n {4}Error: inner\n/)
})

test('a file is appended to, made with its folder, and readable by its owner alone', (t: TestContext) => {
  const folder = mkdtempSync(join(tmpdir(), 'signet-log-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'deeper', 'signet.log')
  createLogger({ level: 'info', format: 'json', file }).info('one')
  createLogger({ level: 'info', format: 'json', file }).info('two')
  const messages = readFileSync(file, 'utf8').trim().split('\n')
  assert.deepEqual(
    messages.map((line) => JSON.parse(line).msg),
    ['one', 'two'],
  )
  assert.equal(statSync(file).mode & 0o777, 0o600)
})

test('a log that cannot be written stops nothing', () => {
  const script = `
    import { createLogger } from ${JSON.stringify(join(import.meta.dirname, 'log.ts'))}
    const log = createLogger({ level: 'info', format: 'json', file: '/dev/full' })
    for (let n = 0; n < 10; n++) log.info('x')
    setImmediate(() => process.stdout.write('lives'))`
  const out = execFileSync(process.execPath, ['--input-type=module', '-e', script])
  assert.equal(out.toString(), 'lives')
})

test('a reader who stands still stops nothing; what is lost is counted', async (t) => {
  const script = `
    import { createLogger } from ${JSON.stringify(join(import.meta.dirname, 'log.ts'))}
    const log = createLogger({ level: 'info', format: 'json' })
    for (let n = 0; n < 40_000; n++) log.info({ n }, 'x'.repeat(100))
    process.send('lives')
    process.on('message', () => {
      log.info('last')
      process.disconnect()
    })`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  t.after(() => child.kill('SIGKILL'))
  // Nobody has read a byte when it answers.
  assert.deepEqual(await once(child, 'message'), ['lives', undefined])
  let text = ''
  child.stdout?.setEncoding('utf8').on('data', (read: string) => {
    const hadEnough = text.length > 1_000_000
    text += read
    if (!hadEnough && text.length > 1_000_000) child.send('read')
  })
  await once(child, 'close')
  const records = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.equal(records.at(-1).msg, 'last')
  const { dropped } = records.find((record) => record.dropped !== undefined)
  assert.equal(records.length - 2 + dropped, 40_000)
})
