/** What is asked of the service all the time, how often, and what each answer must say. */

import { randomUUID } from 'node:crypto'
import { parseRefreshToken } from '../../packages/server/src/tokens/refresh-token.ts'
import { authorizePath, codeForm, codeIn } from '../server/web-app.ts'
import type { Answer } from './connections.ts'
import { expect, expectJson, expectProblem, expectStatus, TooBusy } from './judge.ts'
import { malformed } from './malformed.ts'
import { anySession, claimsOf, keepSession, type Scene, type Session, sessionOf } from './scene.ts'

export interface Kind {
  name: string
  /** How many of a hundred calls. */
  share: number
  /** Throws Wrong, TooBusy, NoAnswer, NotSent. */
  run(scene: Scene): Promise<void>
}

export const kinds: readonly Kind[] = [
  { name: 'who am I', share: 30, run: whoAmI },
  { name: 'refresh', share: 20, run: refresh },
  { name: 'introspection', share: 15, run: introspect },
  { name: 'mint', share: 10, run: mint },
  { name: 'code flow', share: 5, run: codeFlow },
  { name: 'malformed', share: 8, run: malformed },
  { name: 'sign-in', share: 5, run: signIn },
  { name: 'sign-out', share: 4, run: signOut },
  { name: 'wrong password', share: 3, run: wrongPassword },
]

const hundred = kinds.flatMap((kind) => Array<Kind>(kind.share).fill(kind))

/** One of them, as often as its share says. */
export function anyKind({ random }: Scene): Kind {
  return hundred[random.below(hundred.length)] as Kind
}

async function signIn(scene: Scene): Promise<void> {
  const { email: identifier, password, userId } = anyAccount(scene)
  const json = { identifier, password }
  const answer = await scene.ask({ method: 'POST', path: '/api/v1/auth/sign-in', json })
  const { tokens } = expectJson(answer)
  keepSession(scene, sessionOf(userId, tokensOf(answer, tokens, userId)))
}

async function whoAmI(scene: Scene): Promise<void> {
  const session = anySession(scene)
  if (session === undefined) return signIn(scene)
  const { accessToken, userId } = session
  const answer = await scene.ask({ method: 'GET', path: '/api/v1/users/me', accessToken })
  if (session.ended && answer.status === 401) return expectProblem(answer, 401, 'UNAUTHENTICATED')
  const { user } = expectJson(answer) as { user?: { id?: unknown } }
  expect(user?.id === userId, `it is ${userId} who asks`, answer)
}

async function refresh(scene: Scene): Promise<void> {
  const session = anySession(scene)
  if (session === undefined || session.refreshing) return whoAmI(scene)
  session.refreshing = true
  try {
    const { refreshToken } = session
    const json = { refreshToken }
    const answer = await scene.ask({ method: 'POST', path: '/api/v1/auth/refresh', json })
    if (session.ended && answer.status === 400) return expectProblem(answer, 400, 'INVALID_GRANT')
    const tokens = tokensOf(answer, expectJson(answer).tokens, session.userId)
    expect(isSuccessor(refreshToken, tokens.refreshToken), 'no successor', answer)
    Object.assign(session, tokens, { issuedAtMs: performance.now() })
  } finally {
    session.refreshing = false
  }
}

/** Of the same grant and the next generation; within the window also the same token again. */
function isSuccessor(presented: string, answered: string): boolean {
  const [before, after] = [parseRefreshToken(presented), parseRefreshToken(answered)]
  if (before === undefined || after?.grantId !== before.grantId) return false
  return presented === answered || after.generation === before.generation + 1
}

/** Ends a session; then, at the next call, its token is refused. */
async function signOut(scene: Scene): Promise<void> {
  const session = anySession(scene)
  if (session === undefined) return signIn(scene)
  session.ended = true
  scene.sessions.splice(scene.sessions.indexOf(session), 1)
  const json = { token: session.accessToken }
  const answer = await scene.ask({ method: 'POST', path: '/api/v1/auth/sign-out', json })
  const { position } = expectJson(answer)
  expect(/^\d+$/.test(String(position)), 'no position', answer)
  await expectRefused(scene, session)
}

async function expectRefused(scene: Scene, { accessToken }: Session): Promise<void> {
  const answer = await scene.ask({ method: 'GET', path: '/api/v1/users/me', accessToken })
  expectProblem(answer, 401, 'UNAUTHENTICATED')
}

async function introspect(scene: Scene): Promise<void> {
  const session = scene.random.chance(0.1) ? undefined : anySession(scene)
  const answer = await scene.ask({
    method: 'POST',
    path: '/oauth2/introspect',
    client: scene.resourceServer,
    form: { token: session?.accessToken ?? `nothing-${randomUUID()}` },
  })
  const { active, sub } = expectJson(answer)
  if (session === undefined || (session.ended && active === false))
    return expect(active === false && sub === undefined, 'it is not active', answer)
  expect(active === true && sub === session.userId, 'it is active', answer)
}

async function mint(scene: Scene): Promise<void> {
  const answer = await scene.ask({
    method: 'POST',
    path: '/api/v1/tokens/mint',
    client: scene.minter,
    json: {
      sub: `crew-${scene.random.below(1000)}`,
      provider: 'roster',
      withoutRefreshToken: true,
    },
  })
  const { accessToken, userId, refreshToken } = expectJson(answer)
  const { sub, client_id: clientId } = claimsOf(accessToken)
  const holds = sub === userId && clientId === scene.minter.id && !refreshToken
  expect(holds, 'no token of the minter', answer)
}

/** In a browser in which somebody is signed in: a code, and the tokens for it. */
async function codeFlow(scene: Scene): Promise<void> {
  const { cookie, userId } = scene.browser
  const headers = { Cookie: cookie }
  const sent = await scene.ask({ method: 'GET', path: authorizePath(), headers })
  expectStatus(sent, 303)
  // A redirect has no status of its own for it (RFC 6749 §4.1.2.1).
  if (/[?&]error=temporarily_unavailable&/.test(sent.headers.location ?? ''))
    throw new TooBusy('by a redirect')
  const code = codeIn(sent.headers.location)
  expect(code !== undefined, `no code at ${sent.headers.location}`, sent)
  const form = codeForm(code ?? '')
  const answer = await scene.ask({ method: 'POST', path: '/oauth2/token', form })
  const { access_token: accessToken, id_token: idToken } = expectJson(answer)
  const subjects = [accessToken, idToken].map((token) => claimsOf(token).sub)
  expect(
    subjects.every((sub) => sub === userId),
    `no tokens of ${userId}`,
    answer,
  )
}

/** At accounts that do not exist, which is always answered alike, and at one that does until its limit is reached. */
async function wrongPassword(scene: Scene): Promise<void> {
  const besieged = scene.random.chance(0.3)
  const identifier = besieged ? scene.besieged.email : `${randomUUID()}@example.com`
  const json = { identifier, password: `a wrong sentence ${randomUUID()}` }
  const answer = await scene.ask({ method: 'POST', path: '/api/v1/auth/sign-in', json })
  if (besieged && answer.status === 429) {
    const retryAfter = answer.headers['retry-after'] ?? ''
    expect(/^[1-9]\d*$/.test(retryAfter), 'no Retry-After', answer)
    return expectProblem({ ...answer }, 429, 'RATE_LIMITED')
  }
  expectProblem(answer, 401, 'INVALID_CREDENTIALS')
}

function anyAccount({ accounts, random }: Scene) {
  return accounts[random.below(accounts.length)] as Scene['accounts'][number]
}

interface Tokens {
  accessToken: string
  refreshToken: string
}

/** Both tokens, of this user, where they are in the answer. */
function tokensOf(answer: Answer, tokens: unknown, userId: string): Tokens {
  const { accessToken, refreshToken, tokenType } = (tokens ?? {}) as Record<string, unknown>
  const { sub } = claimsOf(accessToken)
  const holds = sub === userId && tokenType === 'Bearer' && /^sr1_[\w-]+$/.test(`${refreshToken}`)
  expect(holds, `no tokens of ${userId}`, answer)
  return { accessToken: String(accessToken), refreshToken: String(refreshToken) }
}
