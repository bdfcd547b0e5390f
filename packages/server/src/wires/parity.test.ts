/**
 * The same call, over every wire, comes to the same verdict: result, body, violations, sentence, time to wait.
 *
 * The methods are read from the contract. One without inputs here fails the test, so that nothing is left out.
 */

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  create,
  type DescField,
  type DescMessage,
  getOption,
  type JsonValue,
  type Message,
  ScalarType,
} from '@bufbuild/protobuf'
import { reflect } from '@bufbuild/protobuf/reflect'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { ErrorReason } from '@signet/contract'
import { access } from '@signet/contract/options'
import { type Reason, reasonName, reasons, SignetError } from '../errors.ts'
import { restHttp1Client, restHttp2Client } from './testing/rest-clients.ts'
import {
  connectJsonClient,
  grpcJsClient,
  libraryClients,
  methodNamed,
} from './testing/rpc-clients.ts'
import { services, startTestListener, type TestListener, tokens } from './testing/test-listener.ts'
import { asJson, type Verdict, type WireClient } from './testing/verdict.ts'

type Json = Record<string, JsonValue>

/** For each method an input that is accepted and, where it has rules, one that breaks them. */
const inputs: Record<
  string,
  { valid: Json; invalid?: { input: Json; rules: Record<string, string> } }
> = {
  'signet.v1.AuthService/SignUp': {
    valid: {
      email: 'ada@example.com',
      password: 'correct horse',
      displayName: 'Ada',
      locale: 'en',
    },
    invalid: {
      input: { email: 'a', password: '', displayName: 'x'.repeat(101), locale: '?' },
      rules: {
        email: 'string.min_len',
        password: 'string.min_len',
        displayName: 'string.max_len',
        locale: 'string.pattern',
      },
    },
  },
  'signet.v1.AuthService/SignIn': {
    valid: { identifier: 'ada@example.com', password: 'correct horse', device: { model: 'Pixel' } },
    invalid: {
      input: { identifier: '', password: 'x', device: { os: 'x'.repeat(101) } },
      rules: { identifier: 'string.min_len', 'device.os': 'string.max_len' },
    },
  },
  'signet.v1.AuthService/ValidateCredentials': { valid: {} },
  'signet.v1.AuthService/GetPasswordPolicy': { valid: {} },
  'signet.v1.AuthService/RefreshTokens': {
    valid: { refreshToken: 'sr1_token' },
    invalid: { input: { refreshToken: '' }, rules: { refreshToken: 'string.min_len' } },
  },
  'signet.v1.AuthService/ConfirmRefresh': {
    valid: { refreshToken: 'sr1_token' },
    invalid: {
      input: { refreshToken: 'x'.repeat(513) },
      rules: { refreshToken: 'string.max_len' },
    },
  },
  'signet.v1.AuthService/SignOut': {
    valid: { token: 'sr1_token', scope: 'SIGN_OUT_SCOPE_EVERYWHERE' },
    invalid: { input: { token: 'x'.repeat(8193) }, rules: { token: 'string.max_len' } },
  },
  'signet.v1.AuthService/ChangePassword': {
    valid: { currentPassword: 'correct horse', newPassword: 'correct battery' },
    invalid: {
      input: { currentPassword: '', newPassword: 'x'.repeat(1025) },
      rules: { currentPassword: 'string.min_len', newPassword: 'string.max_len' },
    },
  },
  'signet.v1.RecoveryService/RequestPasswordReset': {
    valid: { email: 'ada@example.com' },
    invalid: { input: { email: 'a' }, rules: { email: 'string.min_len' } },
  },
  'signet.v1.RecoveryService/ResetPassword': {
    valid: { proof: { token: 'sl1_token' }, newPassword: 'correct battery' },
    invalid: {
      input: { proof: { code: 'x'.repeat(21) }, newPassword: '' },
      rules: { 'proof.code': 'string.max_len', newPassword: 'string.min_len' },
    },
  },
  'signet.v1.RecoveryService/RequestEmailVerification': {
    valid: { email: 'ada@example.com' },
    invalid: { input: { email: 'a' }, rules: { email: 'string.min_len' } },
  },
  'signet.v1.RecoveryService/VerifyEmail': {
    valid: { proof: { email: 'ada@example.com', code: '1234 5678' } },
    invalid: {
      input: { proof: { token: 'x'.repeat(129) } },
      rules: { 'proof.token': 'string.max_len' },
    },
  },
  'signet.v1.SessionService/ListSessions': { valid: {} },
  'signet.v1.SessionService/RevokeSession': {
    valid: { sessionId: '0199f3a4-1e9b-7a63-8c55-62d0b7f1a8e4' },
    invalid: { input: { sessionId: 'nonsense' }, rules: { sessionId: 'string.uuid' } },
  },
  'signet.v1.SessionService/RevokeOtherSessions': { valid: {} },
  'signet.v1.UserService/UpdateMe': {
    valid: { displayName: 'Ada', locale: 'en' },
    invalid: {
      input: { displayName: 'x'.repeat(101), locale: '?' },
      rules: { displayName: 'string.max_len', locale: 'string.pattern' },
    },
  },
  'signet.v1.UserService/GetMe': { valid: {} },
  'signet.v1.EventService/WatchEvents': {
    valid: { since: '7', untilNow: true },
    invalid: { input: { since: '-1' }, rules: { since: 'int64.gte' } },
  },
}

const names = services.flatMap((service) =>
  service.methods.map((method) => `${service.typeName}/${method.name}`),
)

let listener: TestListener
let clients: WireClient[]
/** What the handlers do; each test sets it. */
let behave: (method: string) => object | AsyncIterable<object>

before(async () => {
  listener = await startTestListener({ answer: (method) => behave(method) })
  clients = [
    restHttp1Client(listener.url),
    restHttp2Client(listener.url),
    connectJsonClient(listener.url),
    ...libraryClients(listener.url),
    grpcJsClient(`${listener.host}:${listener.port}`),
  ]
})

after(async () => {
  for (const client of clients) client.close()
  await listener.close(0)
})

/** Calls over every wire and compares with what is expected of all of them. */
async function expectVerdict(
  method: string,
  input: Json,
  expected: { token: string | undefined; verdict: Partial<Verdict> },
): Promise<void> {
  for (const client of clients) {
    const verdict = await client.call(method, input, { token: expected.token })
    const { result, messages, violations, retryAfterSeconds, sentence } = verdict
    const place = `${client.name} ${method}`
    const wanted = {
      messages: [],
      violations: [],
      retryAfterSeconds: undefined,
      sentence: undefined,
      ...expected.verdict,
    }
    assert.deepEqual({ result, messages, violations, retryAfterSeconds, sentence }, wanted, place)
    assert.match(
      verdict.headerReference ?? '',
      /^([0-9A-HJKMNP-TV-Z]{4}-){2}[0-9A-HJKMNP-TV-Z]{4}$/,
      place,
    )
    if (result === 'ok') continue
    assert.equal(verdict.reference, verdict.headerReference, place)
    const row = reasons[ErrorReason[result as keyof typeof ErrorReason] as Reason]
    if (verdict.httpStatus !== undefined) assert.equal(verdict.httpStatus, row.httpStatus, place)
    if (verdict.rpcCode !== undefined) assert.equal(verdict.rpcCode, row.rpcCode, place)
  }
}

function refusal(reason: Reason, more: Partial<Verdict> = {}): Partial<Verdict> {
  return { result: reasonName(reason), sentence: reasons[reason].sentence, ...more }
}

function tokenFor(method: string): string | undefined {
  return getOption(methodNamed(method), access).who?.case === 'public'
    ? undefined
    : tokens.everything
}

/** What a handler answers with this message: itself, or a stream of it and an empty one. */
function answerWith(method: string, message: Message): object | AsyncIterable<object> {
  const desc = methodNamed(method)
  if (desc.methodKind === 'unary') return message
  return (async function* () {
    yield message
    yield create(desc.output)
  })()
}

function messagesOf(method: string, message: Message): JsonValue[] {
  const desc = methodNamed(method)
  const first = asJson(desc.output, message)
  return desc.methodKind === 'unary' ? [first] : [first, asJson(desc.output, create(desc.output))]
}

test('every method of the contract has inputs here', () => {
  assert.deepEqual(Object.keys(inputs).sort(), names.toSorted())
  assert.ok(names.length > 0)
})

for (const name of names) {
  const { valid, invalid } = inputs[name] ?? { valid: {} }
  const { who } = getOption(methodNamed(name), access)
  const isStream = methodNamed(name).methodKind !== 'unary'

  describe(name, () => {
    test('answers a message with every field set', async () => {
      const message = filled(methodNamed(name).output)
      behave = (method) => answerWith(method, message)
      await expectVerdict(name, valid, {
        token: tokenFor(name),
        verdict: { result: 'ok', messages: messagesOf(name, message) },
      })
    })

    test('answers an empty message with its zero values', async () => {
      const message = create(methodNamed(name).output)
      behave = (method) => answerWith(method, message)
      await expectVerdict(name, valid, {
        token: tokenFor(name),
        verdict: { result: 'ok', messages: messagesOf(name, message) },
      })
    })

    test('passes each refusal of its handler on', async () => {
      for (const row of Object.keys(reasons)) {
        const reason = Number(row) as Reason
        const violations = [{ field: 'email', rule: 'test.rule', message: 'Is not right.' }]
        behave = () => {
          throw new SignetError(reason, {
            violations,
            retryAfterSeconds: 7,
            detail: 'not for callers',
          })
        }
        await expectVerdict(name, valid, {
          token: tokenFor(name),
          // A bug carries nothing, not even what was meant for the caller.
          verdict: refusal(
            reason,
            reason === ErrorReason.INTERNAL ? {} : { violations, retryAfterSeconds: 7 },
          ),
        })
      }
    })

    test('says nothing about a bug but its reference', async () => {
      listener.logLines.splice(0)
      behave = () => {
        throw new TypeError('secret of the house')
      }
      await expectVerdict(name, valid, {
        token: tokenFor(name),
        verdict: refusal(ErrorReason.INTERNAL),
      })
      const logged = listener.logLines.splice(0).filter((line) => line.includes('secret of the'))
      assert.equal(logged.length, clients.length, 'each is logged once')
    })

    if (isStream)
      test('passes on what came before a refusal', async () => {
        const message = filled(methodNamed(name).output)
        behave = () =>
          (async function* () {
            yield message
            throw new SignetError(ErrorReason.UNAVAILABLE, { retryAfterSeconds: 1 })
          })()
        await expectVerdict(name, valid, {
          token: tokenFor(name),
          verdict: refusal(ErrorReason.UNAVAILABLE, {
            retryAfterSeconds: 1,
            messages: messagesOf(name, message).slice(0, 1),
          }),
        })
      })

    if (invalid !== undefined)
      test('refuses what breaks a rule', async () => {
        behave = () => assert.fail('the handler was reached')
        for (const client of clients) {
          const verdict = await client.call(name, invalid.input, { token: tokenFor(name) })
          assert.equal(verdict.result, 'INVALID_ARGUMENT', client.name)
          const rules = verdict.violations.map(({ field, rule }) => [field, rule])
          assert.deepEqual(Object.fromEntries(rules), invalid.rules, client.name)
        }
        const [first, ...others] = await Promise.all(
          clients.map((client) => client.call(name, invalid.input, { token: tokenFor(name) })),
        )
        for (const other of others) assert.deepEqual(other.violations, first?.violations)
      })

    if (who.case === 'public')
      test('does not look at a token', async () => {
        behave = (method) => answerWith(method, create(methodNamed(name).output))
        const messages = messagesOf(name, create(methodNamed(name).output))
        await expectVerdict(name, valid, { token: 'nonsense', verdict: { result: 'ok', messages } })
      })
    else
      test('refuses a missing and an unknown token', async () => {
        behave = () => assert.fail('the handler was reached')
        for (const token of [undefined, 'nonsense'])
          await expectVerdict(name, valid, { token, verdict: refusal(ErrorReason.UNAUTHENTICATED) })
      })

    if (who.case === 'permission')
      test('refuses a user without the permission', async () => {
        behave = () => assert.fail('the handler was reached')
        await expectVerdict(name, valid, {
          token: tokens.plain,
          verdict: refusal(ErrorReason.PERMISSION_DENIED),
        })
      })

    if (who.case === 'recent')
      test('refuses a user who signed in long ago', async () => {
        behave = () => assert.fail('the handler was reached')
        await expectVerdict(name, valid, {
          token: tokens.stale,
          verdict: refusal(ErrorReason.RECENT_AUTHENTICATION_REQUIRED),
        })
      })
  })
}

/** A message with something in every field. */
function filled(desc: DescMessage): Message {
  if (desc.typeName === 'google.protobuf.Timestamp') return timestampFromMs(1_767_225_600_120)
  const message = reflect(desc)
  for (const field of desc.fields) {
    if (field.oneof !== undefined && field.oneof.fields[0] !== field) continue
    if (field.fieldKind === 'list') {
      const value =
        field.listKind === 'message'
          ? reflect(field.message, filled(field.message))
          : scalarOf(field)
      message.get(field).add(value)
      message.get(field).add(value)
    } else if (field.fieldKind === 'message')
      message.set(field, reflect(field.message, filled(field.message)))
    else if (field.fieldKind !== 'map') message.set(field, scalarOf(field))
  }
  return message.message
}

function scalarOf(field: DescField): string | number | bigint | boolean | Uint8Array {
  if (field.enum !== undefined) return field.enum.values.at(-1)?.number ?? 0
  switch (field.scalar) {
    case ScalarType.STRING:
      return `${field.name} "ünïcode" 🗝 </script>`
    case ScalarType.BOOL:
      return true
    case ScalarType.BYTES:
      return new Uint8Array([0, 255])
    case ScalarType.INT64:
    case ScalarType.UINT64:
      return 9_007_199_254_740_993n
    default:
      return 7
  }
}
