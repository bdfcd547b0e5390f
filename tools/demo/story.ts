/**
 * The story that the demo tells, step by step, over real HTTP and real gRPC. A step throws where the service does not
 * do what it must.
 */

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { type Client, ConnectError, createClient } from '@connectrpc/connect'
import { createGrpcTransport } from '@connectrpc/connect-node'
import { AuthService, ErrorDetailSchema, ErrorReason, UserService } from '@signet/contract'

/** What one step did, in words. */
export interface Step {
  wire: 'REST' | 'gRPC'
  title: string
  run(): Promise<string>
}

interface RestAnswer {
  status: number
  body: Record<string, never> & {
    accepted?: boolean
    tokens?: { accessToken: string; sessionId: string; expiresIn: number }
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
  const known = { token: '', userId: '' }

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
  ]
}

async function signInOverGrpc(
  auth: Client<typeof AuthService>,
  person: { email: string; password: string },
  known: { token: string },
): Promise<string> {
  const { result } = await auth.signIn({ identifier: person.email, password: person.password })
  assert.equal(result.case, 'tokens')
  known.token = result.value.accessToken
  return `session ${result.value.sessionId}`
}

async function forgedOverGrpc(users: Client<typeof UserService>, token: string): Promise<string> {
  const [header, payload] = token.split('.')
  const forged = `${header}.${payload}.${'A'.repeat(86)}`
  const error = await users.getMe({}, { headers: bearer(forged) }).then(
    () => assert.fail('a forged token was accepted'),
    (reason: unknown) => ConnectError.from(reason),
  )
  const detail = error.findDetails(ErrorDetailSchema)[0]
  assert.equal(detail?.reason, ErrorReason.UNAUTHENTICATED)
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
