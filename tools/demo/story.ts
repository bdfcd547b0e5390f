/**
 * The story that the demo tells, step by step: somebody signs up and in, uses an API behind Signet, and leaves. Over real
 * REST, real gRPC and a real API in another process. A step throws where the service does not do what it must.
 */

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { type Client, ConnectError, createClient } from '@connectrpc/connect'
import { createGrpcTransport } from '@connectrpc/connect-node'
import {
  AuthService,
  type ErrorDetail,
  ErrorDetailSchema,
  ErrorReason,
  UserService,
} from '@signet/contract'
import { receiptLines } from '../../packages/server/src/cli/receipt-text.ts'
import { callApi, signetRest } from './http-calls.ts'
import type { OwnApi } from './own-api.ts'

/** What one step did, in words; what more there is to say stands in lines of its own. */
export interface Step {
  /** Over what it goes: the wires of Signet, or the API. */
  over: 'REST' | 'gRPC' | 'both' | 'API'
  title: string
  run(): Promise<string>
}

interface Parts {
  /** Where Signet is, such as `http://127.0.0.1:8080`. */
  url: string
  api: OwnApi
  auth: Client<typeof AuthService>
  users: Client<typeof UserService>
  person: { email: string; password: string }
  /** What the steps have learnt so far. */
  known: { token: string; refreshToken: string; subject: string; signedOutAt: number }
}

/** How long the sign-out waits for verifiers to say that they refuse the token. */
const waitMs = 5_000

/** The steps, in order. Later ones use what earlier ones learnt. */
export function story(url: string, api: OwnApi): Step[] {
  const transport = createGrpcTransport({ baseUrl: url })
  const parts: Parts = {
    url,
    api,
    auth: createClient(AuthService, transport),
    users: createClient(UserService, transport),
    person: {
      email: `ada.${randomUUID().slice(0, 8)}@demo.test`,
      password: `correct horse ${randomUUID()}`,
    },
    known: { token: '', refreshToken: '', subject: '', signedOutAt: 0 },
  }
  return [
    { over: 'REST', title: 'sign up', run: () => signUp(parts) },
    { over: 'REST', title: 'sign in', run: () => signIn(parts) },
    { over: 'gRPC', title: 'who am I', run: () => whoAmI(parts) },
    { over: 'API', title: 'call the API', run: () => accepted(parts) },
    { over: 'API', title: 'forged token', run: () => forged(parts) },
    { over: 'both', title: 'two tabs refresh', run: () => refreshTwice(parts) },
    { over: 'API', title: 'call it again', run: () => accepted(parts) },
    { over: 'gRPC', title: 'sign out', run: () => signOut(parts) },
    { over: 'API', title: 'the same call', run: () => refused(parts) },
    { over: 'both', title: 'Signet itself', run: () => refusedBySignet(parts) },
  ]
}

async function signUp({ url, person }: Parts): Promise<string> {
  const { status, body } = await signetRest(url, '/api/v1/auth/sign-up', {
    ...person,
    displayName: 'Ada',
  })
  assert.deepEqual([status, body.accepted], [200, true])
  return `${person.email} accepted, no token handed out`
}

async function signIn({ url, person, known }: Parts): Promise<string> {
  const { status, body } = await signetRest(url, '/api/v1/auth/sign-in', {
    identifier: person.email.toUpperCase(),
    password: person.password,
  })
  assert.equal(status, 200)
  assert.ok(body.tokens)
  known.token = body.tokens.accessToken
  known.refreshToken = body.tokens.refreshToken
  return `a token for ${body.tokens.expiresIn} s (typed in capitals: the same person)`
}

async function whoAmI({ users, person, known }: Parts): Promise<string> {
  const { user } = await users.getMe({}, { headers: bearer(known.token) })
  assert.ok(user)
  assert.equal(user.identifiers[0]?.value, person.email)
  known.subject = user.id
  return `${user.displayName}, subject ${user.id}`
}

async function accepted({ api, known }: Parts): Promise<string> {
  const { status, body, verifiedInMs, callsToSignet } = await callApi(api, known.token)
  assert.deepEqual([status, body.for], [200, known.subject])
  assert.equal(callsToSignet, 0)
  return `accepted, verified in ${verifiedInMs} ms, 0 calls to Signet for this request`
}

async function forged({ api, known }: Parts): Promise<string> {
  const [header, payload] = known.token.split('.')
  const { status, body, callsToSignet } = await callApi(
    api,
    `${header}.${payload}.${'A'.repeat(86)}`,
  )
  assert.deepEqual([status, body.reason], [401, 'wrong_signature'])
  assert.equal(callsToSignet, 0)
  return 'refused: wrong_signature, 0 calls to Signet'
}

/** Two tabs with one refresh token, at the same moment, over two wires: both go on, with the same successor. */
async function refreshTwice({ url, auth, known }: Parts): Promise<string> {
  const { refreshToken } = known
  const [{ tokens }, { status, body }] = await Promise.all([
    auth.refreshTokens({ refreshToken }),
    signetRest(url, '/api/v1/auth/refresh', { refreshToken }),
  ])
  assert.equal(status, 200)
  assert.ok(tokens)
  assert.equal(tokens.refreshToken, body.tokens?.refreshToken)
  known.token = tokens.accessToken
  known.refreshToken = tokens.refreshToken
  return 'both got an access token and the same refresh token'
}

/** Signs out, and waits until the verifiers have said that they refuse the token: the receipt says who has. */
async function signOut({ auth, api, known }: Parts): Promise<string> {
  const { position, receipt } = await auth.signOut({ token: known.token, waitMs })
  known.signedOutAt = performance.now()
  assert.ok(position > 0n)
  assert.ok(receipt)
  const lines = receiptLines(receipt)
  const isOurs = ({ clientId }: { clientId: string }) => clientId === api.clientId
  assert.ok(receipt.applied.some(isOurs), `the API has not confirmed it:\n${lines.join('\n')}`)
  return [`position ${position} of the revocation log; the receipt:`, ...lines].join('\n')
}

async function refused({ api, known }: Parts): Promise<string> {
  const { status, body, callsToSignet } = await callApi(api, known.token)
  const ms = (performance.now() - known.signedOutAt).toFixed(1)
  assert.deepEqual([status, body.reason], [401, 'revoked'])
  assert.equal(callsToSignet, 0)
  return `refused: revoked, ${ms} ms after the answer of the sign-out, 0 calls to Signet`
}

/** At Signet, too, neither token is good for anything. */
async function refusedBySignet({ url, users, known }: Parts): Promise<string> {
  const detail = await refusalOf(users.getMe({}, { headers: bearer(known.token) }))
  assert.equal(detail.reason, ErrorReason.UNAUTHENTICATED)
  const { refreshToken } = known
  const { body } = await signetRest(url, '/api/v1/auth/refresh', { refreshToken })
  assert.equal(body.reason, 'INVALID_GRANT')
  return `access token and refresh token refused, reference ${body.reference}`
}

async function refusalOf(call: Promise<unknown>): Promise<ErrorDetail> {
  const error = await call.then(
    () => assert.fail('the call was answered, and should have been refused'),
    (refusal: unknown) => ConnectError.from(refusal),
  )
  const detail = error.findDetails(ErrorDetailSchema)[0]
  assert.ok(detail)
  return detail
}

function bearer(token: string): { authorization: string } {
  return { authorization: `Bearer ${token}` }
}
