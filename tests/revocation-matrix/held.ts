/** What is held when a cause comes, made as people and services come to it, and whether each of it is still good. */

import assert from 'node:assert/strict'
import { hash, randomUUID } from 'node:crypto'
import { authenticateClient } from '../../packages/server/src/clients/authenticate-client.ts'
import { Secret } from '../../packages/server/src/config/secret.ts'
import type { Deps } from '../../packages/server/src/deps.ts'
import type { ClientId, SessionId, UserId } from '../../packages/server/src/ids.ts'
import { authorizationCodeGrant } from '../../packages/server/src/oauth/authorization-code-grant.ts'
import { issueAuthorizationCode } from '../../packages/server/src/oauth/authorization-codes.ts'
import {
  parseAuthorizationRequest,
  readParameters,
} from '../../packages/server/src/oauth/authorization-request.ts'
import { giveConsent } from '../../packages/server/src/oauth/consents.ts'
import { codeOf, proveCode } from '../../packages/server/src/phones/phone-codes.ts'
import { writeToNumber } from '../../packages/server/src/phones/sign-in-by-phone.ts'
import {
  hashRequestToken,
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
  browserCookies,
  findBrowserSessions,
  keepBrowserSecret,
  makeBrowserSecret,
} from '../../packages/server/src/sessions/browser-session.ts'
import { type SignedIn, signIn } from '../../packages/server/src/sign-in/sign-in.ts'
import { openTestUser, signInAs, testPassword } from '../../packages/server/src/testing/accounts.ts'
import {
  noTokens,
  registerTestClient,
  type TestClient,
} from '../../packages/server/src/testing/clients.ts'
import { rowsOf, testContext } from '../../packages/server/src/testing/deps.ts'
import { hashDeviceSecret } from '../../packages/server/src/throttling/device-secret.ts'
import { refreshTokens } from '../../packages/server/src/tokens/refresh-tokens.ts'
import { inviteTestUser, isInvited, type TestInvitation } from './invitation.ts'
import { accepts, makeAdministrator, shopAudience, type World } from './world.ts'

/** One session, with the event stream that its access token has opened. */
export interface Presence extends SignedIn {
  stream: { ended: boolean; close(): void }
  /** The `Cookie` header of a browser that holds this session. */
  cookie: string
  /** What another app got in this session, and the code that it was got with. */
  app: { accessToken: string; refreshToken: string; code: string }
  /** Codes on their way to that app; each is good for one look at whether it is. */
  codes: string[]
}

export interface Held {
  userId: UserId
  email: string
  here: Presence
  other: Presence
  /** In the mailbox: to prove the address, and to set a new password. */
  links: { verify_email: string; reset_password: string; sign_in: string }
  /** In the mailbox of somebody who has no account. */
  invitation: TestInvitation
  /** A number of the account, and the id of a code that was sent there to sign in with. */
  phone: { number: string; codeId: string }
  /** In the mailbox of an address that the account had before. */
  undoLink: string
  shop: TestClient
  /** What the service got for itself. */
  clientToken: string
  /** The other app. */
  app: ClientId
  /** What outlives the session. */
  offline: string
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
    grantTypes: ['client_credentials'],
    subjectNamespace: `shop-${number}`,
    audiences: [shopAudience],
  })
  const app = await registerTestApp(world.deps, `app-${number}`)
  const body = JSON.stringify({ sub: '4711', provider: 'crew' })
  const { authorization } = shop
  const forItself = { grant_type: 'client_credentials' }
  const granted = await world.service.post('/oauth2/token', forItself, { authorization })
  const json = { authorization, 'content-type': 'application/json' }
  const here = await enter(world, deps.here, { email, app })
  const offline = await redeem(
    deps.here,
    await authorizeApp(deps.here, here, { app, offline: true }),
  )
  return {
    userId,
    email,
    app,
    here,
    other: await enter(world, deps.other, { email, app }),
    clientToken: JSON.parse(granted.text).access_token,
    offline: offline.refreshToken,
    links: {
      verify_email: await mailLink(world, { userId, email, purpose: 'verify_email' }),
      reset_password: await mailLink(world, { userId, email, purpose: 'reset_password' }),
      sign_in: await mailLink(world, { userId, email, purpose: 'sign_in' }),
    },
    invitation: await inviteTestUser(world, number),
    undoLink: await mailUndoLink(world, userId),
    phone: await sendPhoneCode(world, userId, `+4915100000${100 + number}`),
    shop,
    minted: JSON.parse((await world.service.post('/mint', body, json)).text),
    inFlight: undefined,
  }
}

/** A number of the account, and a code that was sent there to sign in with. */
async function sendPhoneCode(
  { deps }: World,
  userId: UserId,
  number: string,
): Promise<Held['phone']> {
  const text = `insert into identifiers (id, user_id, kind, value, canonical, verified_at, created_at)
                values (gen_random_uuid(), $1, 'phone', $2, $2, signet_now(), signet_now())`
  await rowsOf(deps, text, [userId, number])
  const codeId = randomUUID()
  await writeToNumber(deps, { payload: { codeId, canonical: number } })
  return { number, codeId }
}

async function enter(
  world: World,
  deps: Deps,
  { email, app }: { email: string; app: ClientId },
): Promise<Presence> {
  const signedIn = await signInAs(deps, email)
  const cookie = await holdInBrowser(deps, signedIn.sessionId)
  const code = await authorizeApp(deps, { cookie }, { app, offline: false })
  const codes: string[] = []
  while (codes.length < looksMax)
    codes.push(await authorizeApp(deps, { cookie }, { app, offline: false }))
  const stream = await openStream(world, signedIn.accessToken)
  return { ...signedIn, cookie, app: { ...(await redeem(deps, code)), code }, codes, stream }
}

/** How often it is looked at whether codes are good: before, after, and once everything was opened again. */
const looksMax = 3
const appRedirectUri = 'https://app.example/callback'

/** An app of somebody else, that people sign in to. */
async function registerTestApp(deps: Deps, id: string): Promise<ClientId> {
  const scopes = ['openid', 'offline_access']
  const grantTypes = ['authorization_code', 'refresh_token'] as const
  const redirectUris = [appRedirectUri]
  const app = { id, type: 'public', scopes, grantTypes, redirectUris } as const
  return (await registerTestClient(deps, app)).clientId
}

/** A code, as the authorization endpoint issues it to the browser that holds the session. */
async function authorizeApp(
  deps: Deps,
  { cookie }: Pick<Presence, 'cookie'>,
  { app: clientId, offline }: { app: ClientId; offline: boolean },
): Promise<string> {
  const [session] = await findBrowserSessions(deps, cookie)
  const parameters = new URLSearchParams({
    response_type: 'code',
    scope: offline ? 'openid offline_access' : 'openid',
    code_challenge: hash('sha256', codeVerifier, 'base64url'),
    code_challenge_method: 'S256',
  })
  const where = { clientId, redirectUri: appRedirectUri }
  const request = parseAuthorizationRequest(readParameters(parameters), where, new Date())
  const audience = [shopAudience]
  if (session !== undefined) {
    const { userId } = session
    await giveConsent(deps, testContext(), { request, userId })
  }
  const code = session && (await issueAuthorizationCode(deps, { request, session, audience }))
  assert.ok(code)
  return code
}

const codeVerifier = 'a code verifier has forty-three characters.'.replaceAll(' ', '-')

/** The tokens for a code, as the token endpoint gives them to the app. */
export async function redeem(deps: Deps, code: string) {
  const [app] = await rowsOf(
    deps,
    'select client_id from authorization_codes where code_hash = $1',
    [hash('sha256', code, 'buffer')],
  )
  const form = new Map([
    ['code', code],
    ['code_verifier', codeVerifier],
  ])
  const client = { clientId: String(app?.[0]) as ClientId, rev: undefined, tokens: noTokens }
  const answer = await authorizationCodeGrant(deps, testContext(), { client, form })
  return { accessToken: answer.access_token, refreshToken: answer.refresh_token ?? '' }
}

/** The same session, held by a browser too. */
async function holdInBrowser(deps: Deps, sessionId: SessionId): Promise<string> {
  const { secret, secretHash } = makeBrowserSecret()
  await keepBrowserSecret(deps.db, { sessionId, secretHash })
  const [setCookie] = browserCookies(deps.config, [
    { secret: new Secret(secret), persistent: true },
  ])
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

/** What each request for a mail to sign in with was answered with. */
export const requestToken = makeOpener().token

async function mailLink(
  { deps }: World,
  { userId, email, purpose }: { userId: UserId; email: string; purpose: LinkPurpose },
): Promise<string> {
  const opener = makeOpener()
  const [row] = await rowsOf(deps, 'select id from identifiers where user_id = $1', [userId])
  const of = { purpose, identifierId: String(row?.[0]), userId, canonical: email, opener }
  const requestHash = hashRequestToken(requestToken)
  const link = purpose === 'sign_in' ? { ...of, requestHash } : of
  await issueMailedLink(deps, { ...link, lifetimeMinutes: 60 }, new Date())
  return opener.token
}

async function mailUndoLink({ deps }: World, userId: UserId): Promise<string> {
  const opener = { ...makeOpener(), code: '' }
  const email = `former-${userId}@example.com`
  const link = { purpose: 'undo_email_change', identifierId: null, userId, value: email } as const
  await issueMailedLink(
    deps,
    { ...link, canonical: email, opener, lifetimeMinutes: 60 },
    new Date(),
  )
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
  appAccessToken: (world, { app }) => isActive(world, app.accessToken),
  appRefreshToken: ({ deps }, { app }) =>
    succeeds(refreshTokens(deps, testContext(), { refreshToken: app.refreshToken })),
  authorizationCode: ({ deps }, { codes }) => succeeds(redeem(deps, codes.pop() ?? '')),
}

/** Whether what there is once is good. What can be presented in several places is good in all of them, or in none. */
export const single: Record<SingleArtefact, (world: World, held: Held) => Promise<boolean>> = {
  async signInInFlight(world, { inFlight }) {
    if (inFlight === undefined) return false
    const stream = { ended: false, close: () => undefined }
    const app = { accessToken: '', refreshToken: '', code: '' }
    const presence = { ...inFlight, cookie: '', app, codes: [], stream }
    const byAccessToken = await ofSession.ownApi(world, presence)
    assert.equal(await ofSession.refreshToken(world, presence), byAccessToken)
    return byAccessToken
  },
  async mailedLink({ deps }, { links }) {
    const proofOf = (token: string) => ({ token, email: '', code: '', requestToken })
    const isGood = (purpose: keyof typeof links) =>
      succeeds(requireLiveLink(deps, testContext(), { purpose, proof: proofOf(links[purpose]) }))
    const verifies = await isGood('verify_email')
    assert.equal(await isGood('reset_password'), verifies)
    assert.equal(await isGood('sign_in'), verifies)
    return verifies
  },
  invitation: (world, { invitation }) => isInvited(world, invitation),
  async phoneCode({ deps }, { phone: { number: canonical, codeId: id } }) {
    const code = codeOf(deps.masterSecret, { purpose: 'sign_in', id, canonical })
    return typeof (await proveCode(deps, { purpose: 'sign_in', id, code, canonical })) === 'object'
  },
  undoLink: ({ deps }, { undoLink: token }) =>
    succeeds(
      requireLiveLink(deps, testContext(), {
        purpose: 'undo_email_change',
        proof: { token, email: '', code: '' },
      }),
    ),
  offlineRefreshToken: ({ deps }, { offline: refreshToken }) =>
    succeeds(refreshTokens(deps, testContext(), { refreshToken })),
  clientToken: (world, { clientToken }) => isGoodEverywhere(world, clientToken),
  mintedAccessToken: (world, { minted }) => isGoodEverywhere(world, minted.accessToken),
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

async function isGoodEverywhere(world: World, token: string): Promise<boolean> {
  const byVerifier = await accepts(world.verifier, token)
  assert.equal(await accepts(world.redisVerifier, token), byVerifier)
  assert.equal(await isActive(world, token), byVerifier)
  return byVerifier
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
