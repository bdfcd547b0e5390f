/** What is held when a cause comes, made as people and services come to it, and whether each of it is still good. */

import assert from 'node:assert/strict'
import { authenticateClient } from '../../packages/server/src/clients/authenticate-client.ts'
import { Secret } from '../../packages/server/src/config/secret.ts'
import type { Deps } from '../../packages/server/src/deps.ts'
import type { SessionId, UserId } from '../../packages/server/src/ids.ts'
import {
  issueMailedLink,
  type LinkPurpose,
  makeOpener,
  requireLiveLink,
} from '../../packages/server/src/recovery/mailed-links.ts'
import type {
  SessionArtefact,
  SingleArtefact,
} from '../../packages/server/src/revocation/matrix/artefacts.ts'
import {
  browserCookie,
  findBrowserSessions,
  keepBrowserSecret,
  makeBrowserSecret,
} from '../../packages/server/src/sessions/browser-session.ts'
import { type SignedIn, signIn } from '../../packages/server/src/sign-in/sign-in.ts'
import { openTestUser, signInAs, testPassword } from '../../packages/server/src/testing/accounts.ts'
import { registerTestClient, type TestClient } from '../../packages/server/src/testing/clients.ts'
import { rowsOf, testContext } from '../../packages/server/src/testing/deps.ts'
import { hashDeviceSecret } from '../../packages/server/src/throttling/device-secret.ts'
import { refreshTokens } from '../../packages/server/src/tokens/refresh-tokens.ts'
import { accepts, makeAdministrator, shopAudience, type World } from './world.ts'

/** One session, with the event stream that its access token has opened. */
export interface Presence extends SignedIn {
  stream: { ended: boolean; close(): void }
  /** The `Cookie` header of a browser that holds this session. */
  cookie: string
}

export interface Held {
  userId: UserId
  email: string
  here: Presence
  other: Presence
  /** In the mailbox: to prove the address, and to set a new password. */
  links: { verify_email: string; reset_password: string }
  shop: TestClient
  minted: { accessToken: string; refreshToken: string }
  /** What came of a sign-in whose hash ran while the cause was at work; undefined before, and where it was refused. */
  inFlight: SignedIn | undefined
}

let count = 0

/** A user with two sessions and links in the mailbox, and a service with tokens for somebody. */
export async function holdEverything(
  world: World,
  deps: Record<'here' | 'other', Deps>,
): Promise<Held> {
  count += 1
  const number = count
  const email = `ada-${number}@example.com`
  const userId = await openTestUser(world.deps, email)
  await makeAdministrator(world.deps, userId)
  const shop = await registerTestClient(world.deps, {
    id: `shop-${number}`,
    permissions: ['tokens.mint'],
    subjectNamespace: `shop-${number}`,
    audiences: [shopAudience],
  })
  const body = JSON.stringify({ sub: '4711', provider: 'crew' })
  const { authorization } = shop
  const json = { authorization, 'content-type': 'application/json' }
  return {
    userId,
    email,
    here: await enter(world, deps.here, email),
    other: await enter(world, deps.other, email),
    links: {
      verify_email: await mailLink(world, { userId, email, purpose: 'verify_email' }),
      reset_password: await mailLink(world, { userId, email, purpose: 'reset_password' }),
    },
    shop,
    minted: JSON.parse((await world.service.post('/mint', body, json)).text),
    inFlight: undefined,
  }
}

async function enter(world: World, deps: Deps, email: string): Promise<Presence> {
  const signedIn = await signInAs(deps, email)
  const cookie = await holdInBrowser(deps, signedIn.sessionId)
  return { ...signedIn, cookie, stream: await openStream(world, signedIn.accessToken) }
}

/** The same session, held by a browser too. */
async function holdInBrowser(deps: Deps, sessionId: SessionId): Promise<string> {
  const { secret, secretHash } = makeBrowserSecret()
  await keepBrowserSecret(deps.db, { sessionId, secretHash })
  const setCookie = browserCookie(deps.config, [new Secret(secret)])
  return setCookie.slice(0, setCookie.indexOf(';'))
}

async function openStream({ service }: World, accessToken: string): Promise<Presence['stream']> {
  const leaving = new AbortController()
  const stream = { ended: false, close: () => leaving.abort() }
  const answer = await fetch(`${service.url}/api/v1/events/watch`, {
    headers: { authorization: `Bearer ${accessToken}`, accept: 'text/event-stream' },
    signal: leaving.signal,
  })
  assert.equal(answer.status, 200)
  const read = async () => {
    for await (const _chunk of answer.body ?? []);
  }
  void read()
    .catch(() => undefined)
    .then(() => {
      stream.ended = true
    })
  return stream
}

async function mailLink(
  { deps }: World,
  { userId, email, purpose }: { userId: UserId; email: string; purpose: LinkPurpose },
): Promise<string> {
  const opener = makeOpener()
  const [row] = await rowsOf(deps, 'select id from identifiers where user_id = $1', [userId])
  const link = { purpose, identifierId: String(row?.[0]), userId, canonical: email, opener }
  await issueMailedLink(deps, { ...link, lifetimeMinutes: 60 }, new Date())
  return opener.token
}

/** A sign-in during which something happens: after the password was read, before it is known to be right. */
export async function signInWhile(
  deps: Deps,
  email: string,
  happens: () => Promise<unknown>,
): Promise<SignedIn | undefined> {
  let failed: unknown
  const verify: Deps['passwords']['verify'] = async (...args) => {
    const verified = await deps.passwords.verify(...args)
    await happens().catch((error: unknown) => {
      failed = error
    })
    return verified
  }
  const passwords = { ...deps.passwords, verify }
  const signedIn = await signInAs({ ...deps, passwords }, email).catch(() => undefined)
  if (failed !== undefined) throw failed
  return signedIn
}

/** Whether what a session yields is good. */
export const ofSession: Record<
  SessionArtefact,
  (world: World, presence: Presence) => Promise<boolean>
> = {
  async ownApi({ service }, { accessToken }) {
    const headers = { authorization: `Bearer ${accessToken}` }
    const { status } = await fetch(`${service.url}/api/v1/users/me`, { headers })
    assert.ok(status === 200 || status === 401, String(status))
    return status === 200
  },
  verifier: ({ verifier }, { accessToken }) => accepts(verifier, accessToken),
  introspection: (world, { accessToken }) => isActive(world, accessToken),
  redis: ({ redisVerifier }, { accessToken }) => accepts(redisVerifier, accessToken),
  refreshToken: ({ deps }, { refreshToken }) =>
    succeeds(refreshTokens(deps, testContext(), { refreshToken })),
  eventStream: async (_world, { stream }) => !stream.ended,
  browserCookie: async ({ deps }, { cookie }) =>
    (await findBrowserSessions(deps, cookie)).length === 1,
}

/** Whether what there is once is good. What can be presented in several places is good in all of them, or in none. */
export const single: Record<SingleArtefact, (world: World, held: Held) => Promise<boolean>> = {
  async signInInFlight(world, { inFlight }) {
    if (inFlight === undefined) return false
    const presence = { ...inFlight, cookie: '', stream: { ended: false, close: () => undefined } }
    const byAccessToken = await ofSession.ownApi(world, presence)
    assert.equal(await ofSession.refreshToken(world, presence), byAccessToken)
    return byAccessToken
  },
  async mailedLink({ deps }, { links }) {
    const proofOf = (token: string) => ({ token, email: '', code: '' })
    const isGood = (purpose: LinkPurpose) =>
      succeeds(requireLiveLink(deps, testContext(), { purpose, proof: proofOf(links[purpose]) }))
    const verifies = await isGood('verify_email')
    assert.equal(await isGood('reset_password'), verifies)
    return verifies
  },
  async mintedAccessToken(world, { minted }) {
    const byVerifier = await accepts(world.verifier, minted.accessToken)
    assert.equal(await accepts(world.redisVerifier, minted.accessToken), byVerifier)
    assert.equal(await isActive(world, minted.accessToken), byVerifier)
    return byVerifier
  },
  mintedRefreshToken: ({ deps }, { minted: { refreshToken }, shop: { clientId } }) =>
    succeeds(refreshTokens(deps, testContext(), { refreshToken, authenticatedClientId: clientId })),
  clientSecret: ({ deps }, { shop }) => succeeds(authenticateClient(deps, testContext(), shop)),
  async deviceSecret({ deps }, { here: { deviceSecret }, email }) {
    const wrong = { identifier: email, password: `not ${testPassword}`, device: undefined }
    await assert.rejects(signIn(deps, testContext(), { ...wrong, deviceSecret }))
    const text = 'select 1 from known_devices where secret_hash = $1 and expires_at > signet_now()'
    return (await rowsOf(deps, text, [hashDeviceSecret(deviceSecret)])).length === 1
  },
}

async function isActive({ service, gateway }: World, token: string): Promise<boolean> {
  const { authorization } = gateway
  const { status, text } = await service.post('/oauth2/introspect', { token }, { authorization })
  assert.equal(status, 200, text)
  return JSON.parse(text).active
}

function succeeds(answer: Promise<unknown>): Promise<boolean> {
  return answer.then(
    () => true,
    () => false,
  )
}
