/**
 * The story that the demo tells, step by step, over real HTTP and real gRPC. A step throws where the service does not
 * do what it must.
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

/** What one step did, in words. */
export interface Step {
  wire: 'REST' | 'gRPC' | 'both'
  title: string
  run(): Promise<string>
}

interface RestAnswer {
  status: number
  body: Record<string, never> & {
    accepted?: boolean
    tokens?: { accessToken: string; refreshToken: string; sessionId: string; expiresIn: number }
    user?: { id: string; displayName: string; identifiers: { value: string }[] }
    reason?: string
    reference?: string
  }
}

/** The steps, in order, against the server at `url` such as `http://127.0.0.1:8080`. Later steps use what earlier ones learnt. */
export function story(url: string): Step[] {
  const person = {
    email: `ada.${randomUUID().slice(0, 8)}@demo.test`,
    password: `correct horse ${randomUUID()}`,
  }
  const transport = createGrpcTransport({ baseUrl: url })
  const auth = createClient(AuthService, transport)
  const users = createClient(UserService, transport)
  const known = { token: '', refreshToken: '', userId: '' }

  return [
    {
      wire: 'REST',
      title: 'sign up',
      run: async () => {
        const { status, body } = await rest(url, 'POST', '/api/v1/auth/sign-up', {
          ...person,
          displayName: 'Ada',
        })
        assert.deepEqual([status, body.accepted], [200, true])
        return `${person.email} accepted, no token handed out`
      },
    },
    {
      wire: 'REST',
      title: 'sign in',
      run: async () => {
        const { status, body } = await rest(url, 'POST', '/api/v1/auth/sign-in', {
          identifier: person.email.toUpperCase(),
          password: person.password,
        })
        assert.equal(status, 200)
        assert.ok(body.tokens)
        known.token = body.tokens.accessToken
        return `session ${body.tokens.sessionId}, token for ${body.tokens.expiresIn} s (typed in capitals: the same person)`
      },
    },
    {
      wire: 'REST',
      title: 'who am I',
      run: async () => {
        const { status, body } = await rest(url, 'GET', '/api/v1/users/me', undefined, known.token)
        assert.equal(status, 200)
        assert.equal(body.user?.identifiers[0]?.value, person.email)
        known.userId = body.user.id
        return `${body.user.displayName}, subject ${body.user.id}`
      },
    },
    { wire: 'gRPC', title: 'sign in', run: () => signInOverGrpc(auth, person, known) },
    {
      wire: 'gRPC',
      title: 'who am I',
      run: async () => {
        const { user } = await users.getMe({}, { headers: bearer(known.token) })
        assert.equal(user?.id, known.userId)
        return `the same subject ${user.id}`
      },
    },
    {
      wire: 'REST',
      title: 'wrong password',
      run: async () => {
        const wrong = { identifier: person.email, password: 'not the password' }
        const { status, body } = await rest(url, 'POST', '/api/v1/auth/sign-in', wrong)
        assert.deepEqual([status, body.reason], [401, 'INVALID_CREDENTIALS'])
        return `refused, reference ${body.reference}`
      },
    },
    { wire: 'gRPC', title: 'forged token', run: () => forgedOverGrpc(users, known.token) },
    { wire: 'both', title: 'two tabs refresh', run: () => refreshTwice(url, auth, known) },
    {
      wire: 'gRPC',
      title: 'sign out',
      run: async () => {
        const { position } = await auth.signOut({ token: known.token })
        assert.ok(position > 0n)
        return `position ${position} of the revocation log`
      },
    },
    { wire: 'both', title: 'the next calls', run: () => refusedAfterwards(url, users, known) },
  ]
}

async function signInOverGrpc(
  auth: Client<typeof AuthService>,
  person: { email: string; password: string },
  known: { token: string; refreshToken: string },
): Promise<string> {
  const { result } = await auth.signIn({ identifier: person.email, password: person.password })
  assert.equal(result.case, 'tokens')
  known.token = result.value.accessToken
  known.refreshToken = result.value.refreshToken
  return `session ${result.value.sessionId}`
}

/** Two tabs with one refresh token, at the same moment, over two wires: both go on, with the same successor. */
async function refreshTwice(
  url: string,
  auth: Client<typeof AuthService>,
  known: { token: string; refreshToken: string },
): Promise<string> {
  const { refreshToken } = known
  const [{ tokens }, { status, body }] = await Promise.all([
    auth.refreshTokens({ refreshToken }),
    rest(url, 'POST', '/api/v1/auth/refresh', { refreshToken }),
  ])
  assert.equal(status, 200)
  assert.ok(tokens)
  assert.equal(tokens.refreshToken, body.tokens?.refreshToken)
  known.token = tokens.accessToken
  return 'both got an access token and the same refresh token'
}

/** After the sign-out neither token is good for anything, at the very next call. */
async function refusedAfterwards(
  url: string,
  users: Client<typeof UserService>,
  { token, refreshToken }: { token: string; refreshToken: string },
): Promise<string> {
  const reason = await refusalOf(users.getMe({}, { headers: bearer(token) }))
  assert.equal(reason.reason, ErrorReason.UNAUTHENTICATED)
  const { body } = await rest(url, 'POST', '/api/v1/auth/refresh', { refreshToken })
  assert.equal(body.reason, 'INVALID_GRANT')
  return `access token and refresh token refused, reference ${reason.reference}`
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

async function forgedOverGrpc(users: Client<typeof UserService>, token: string): Promise<string> {
  const [header, payload] = token.split('.')
  const forged = `${header}.${payload}.${'A'.repeat(86)}`
  const detail = await refusalOf(users.getMe({}, { headers: bearer(forged) }))
  assert.equal(detail.reason, ErrorReason.UNAUTHENTICATED)
  return `refused, reference ${detail.reference}`
}

function bearer(token: string): { authorization: string } {
  return { authorization: `Bearer ${token}` }
}

async function rest(
  url: string,
  method: string,
  path: string,
  body?: unknown,
  token?: string,
): Promise<RestAnswer> {
  const response = await fetch(new URL(path, url), {
    method,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : bearer(token)),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as RestAnswer['body'] }
}
