/** The pipeline without a wire: its order, its errors, its marks on metrics, spans and the log. */

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { create, type Message } from '@bufbuild/protobuf'
import {
  AuthService,
  ErrorReason,
  SignInRequestSchema,
  ValidateCredentialsRequestSchema,
} from '@signet/contract'
import { pino } from 'pino'
import type { Deps } from '../deps.ts'
import { type reasonName, SignetError } from '../errors.ts'
import type { UserCaller } from '../request-context.ts'
import { createAdmission } from './admission.ts'
import type { App, CallOutcome } from './app.ts'
import { type CallRequest, callUnary } from './call.ts'
import { implement, type UnaryMethod } from './method.ts'
import { createValidate } from './validate.ts'

function setUp(handle: () => Promise<object>, options: Partial<App> = {}) {
  const steps: string[] = []
  const outcomes: CallOutcome[] = []
  const logLines: Record<string, unknown>[] = []
  const step = async () => {
    steps.push('handle')
    return handle()
  }
  const methods = implement(AuthService, {
    signUp: step,
    signIn: step,
    validateCredentials: step,
    getPasswordPolicy: step,
    refreshTokens: step,
    confirmRefresh: step,
    signOut: step,
    changePassword: step,
  } as Parameters<typeof implement<typeof AuthService>>[1])
  const validate = createValidate()
  const admission = createAdmission({ callsMax: 10, streamsMax: 10 })
  const app: App = {
    deps: {
      log: pino({}, { write: (line: string) => void logLines.push(JSON.parse(line)) }),
    } as Deps,
    methods,
    validate: (desc, message) => {
      steps.push('validate')
      validate(desc, message)
    },
    admission: {
      ...admission,
      enter(kind) {
        steps.push('admit')
        admission.enter(kind)
      },
    },
    authenticate: async () => {
      steps.push('authenticate')
      return { kind: 'user', firstParty: true, permissions: new Set() } as unknown as UserCaller
    },
    observe: (outcome) => void outcomes.push(outcome),
    ...options,
  }
  const call = (name: string, input: Message, authorization?: string) => {
    const method = methods.find((each) => each.desc.name === name) as UnaryMethod
    const request: CallRequest = {
      wire: 'rest',
      reference: '7K3Q-90XD-2M1B',
      ipAddress: '127.0.0.1',
      userAgent: 'test',
      authorization,
      traceparent,
      timeoutMs: 1000,
      onGone: () => {},
      decode: () => {
        steps.push('decode')
        return input
      },
    }
    return callUnary(app, method, request)
  }
  return { app, call, steps, outcomes, logLines }
}

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const signIn = create(SignInRequestSchema, { identifier: 'ada@example.com', password: 'x' })
const validateCredentials = create(ValidateCredentialsRequestSchema)

function reasonOf(reason: Parameters<typeof reasonName>[0]) {
  return (error: unknown) => error instanceof SignetError && error.reason === reason
}

describe('the pipeline', () => {
  test('takes its steps in order', async () => {
    const { call, steps } = setUp(async () => ({}))
    await call('ValidateCredentials', validateCredentials, 'Bearer x')
    assert.deepEqual(steps, ['decode', 'validate', 'admit', 'authenticate', 'handle'])
  })

  test('does not authenticate a public method', async () => {
    const { call, steps } = setUp(async () => ({}))
    await call('SignIn', signIn, 'Bearer x')
    assert.deepEqual(steps, ['decode', 'validate', 'admit', 'handle'])
  })

  test('stops at the first step that refuses', async () => {
    const invalid = setUp(async () => ({}))
    await assert.rejects(
      invalid.call('SignIn', create(SignInRequestSchema)),
      reasonOf(ErrorReason.INVALID_ARGUMENT),
    )
    assert.deepEqual(invalid.steps, ['decode', 'validate'])
    const anonymous = setUp(async () => ({}))
    await assert.rejects(
      anonymous.call('ValidateCredentials', validateCredentials),
      reasonOf(ErrorReason.UNAUTHENTICATED),
    )
    assert.deepEqual(anonymous.steps, ['decode', 'validate', 'admit'])
  })

  test('gives every place back, whichever step ends the call', async () => {
    for (const failing of ['authenticate', 'handle'] as const) {
      const fail = () => Promise.reject(new SignetError(ErrorReason.UNAVAILABLE))
      const { app, call } = setUp(
        failing === 'handle' ? fail : async () => ({}),
        failing === 'handle' ? {} : { [failing]: fail },
      )
      await assert.rejects(call('ValidateCredentials', validateCredentials, 'Bearer x'))
      assert.deepEqual(app.admission.counts(), { unary: 0, stream: 0, public_stream: 0 }, failing)
    }
  })
})

describe('a failure', () => {
  test('that is a bug is logged once under the reference and says nothing', async () => {
    const { call, logLines, outcomes } = setUp(() => Promise.reject(new RangeError('inner secret')))
    await assert.rejects(call('SignIn', signIn), (error) => {
      assert.ok(reasonOf(ErrorReason.INTERNAL)(error))
      assert.ok(!String(error).includes('inner secret'))
      return true
    })
    assert.equal(logLines.length, 1)
    assert.equal(logLines[0]?.reference, '7K3Q-90XD-2M1B')
    assert.equal(logLines[0]?.method, 'signet.v1.AuthService/SignIn')
    assert.match(JSON.stringify(logLines[0]), /inner secret/)
    assert.equal(outcomes[0]?.result, 'INTERNAL')
  })

  test('of the outside world is a warning with its cause', async () => {
    const cause = new Error('connection refused')
    const refusal = new SignetError(ErrorReason.UNAVAILABLE, { cause, retryAfterSeconds: 2 })
    const { call, logLines } = setUp(() => Promise.reject(refusal))
    await assert.rejects(call('SignIn', signIn), { retryAfterSeconds: 2 })
    assert.deepEqual(
      logLines.map(({ level }) => level),
      [40],
    )
  })

  test('of the caller is not logged', async () => {
    const { call, logLines } = setUp(() =>
      Promise.reject(new SignetError(ErrorReason.INVALID_CREDENTIALS)),
    )
    await assert.rejects(call('SignIn', signIn), reasonOf(ErrorReason.INVALID_CREDENTIALS))
    assert.deepEqual(logLines, [])
  })
})

describe('marks', () => {
  test('each call is observed once, with method, wire and result', async () => {
    const { call, outcomes } = setUp(async () => ({}))
    await call('SignIn', signIn)
    await assert.rejects(call('SignIn', create(SignInRequestSchema)))
    const seen = outcomes.map(({ method, wire, result }) => [method, wire, result])
    assert.deepEqual(seen, [
      ['signet.v1.AuthService/SignIn', 'rest', 'ok'],
      ['signet.v1.AuthService/SignIn', 'rest', 'INVALID_ARGUMENT'],
    ])
    for (const { seconds } of outcomes) assert.ok(seconds >= 0 && seconds < 10)
  })

  test('a span encloses the handler', async () => {
    const order: string[] = []
    const { call } = setUp(
      async () => {
        order.push('handle')
        return {}
      },
      {
        trace: async ({ method, reference, traceparent }, run) => {
          order.push(`begin ${method} ${reference} ${traceparent}`)
          const answer = await run()
          order.push('end')
          return answer
        },
      },
    )
    await call('SignIn', signIn)
    assert.deepEqual(order, [
      `begin signet.v1.AuthService/SignIn 7K3Q-90XD-2M1B ${traceparent}`,
      'handle',
      'end',
    ])
  })
})
