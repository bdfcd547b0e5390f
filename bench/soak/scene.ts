/** Whom the calls are made for: accounts, their sessions, clients, and a browser in which somebody is signed in. */

import { randomUUID } from 'node:crypto'
import { type HttpRequest, messageOf } from '../load/http-message.ts'
import type { Random } from '../random.ts'
import type { OwnPostgres } from '../server/own-postgres.ts'
import { createClient, type Person, post, signUp } from '../server/people.ts'
import type { SignetProcess } from '../server/signet-process.ts'
import { openBrowser, registerWebApp } from '../server/web-app.ts'
import type { Answer, Connections } from './connections.ts'

/** A session in use. What is known of it changes with each refresh. */
export interface Session {
  userId: string
  accessToken: string
  refreshToken: string
  issuedAtMs: number
  /** Set while a refresh is under way: two at once would be two tabs, which is another harness's matter. */
  refreshing: boolean
  /** Set before its sign-out is sent. From then on it may be refused, and after the acknowledgement it must be. */
  ended: boolean
}

export interface Account extends Person {
  userId: string
}

interface ClientCredentials {
  id: string
  secret: string
}

export interface Scene {
  random: Random
  accounts: readonly Account[]
  sessions: Session[]
  /** Whose password is guessed at all the time. */
  besieged: Account
  resourceServer: ClientCredentials
  minter: ClientCredentials
  browser: { cookie: string; userId: string }
  /** Sends it, from an address of the network that chance decides. */
  ask(request: HttpRequest): Promise<Answer>
  /** Sends bytes as they are. */
  askRaw(text: string): Promise<Answer>
}

export const accessTokenLifetimeSeconds = 900
const sessionsMax = 500

/**
 * What the service needs in its environment: callers come through a proxy, so that each has an address of its own; and a short
 * window, so that nearly every refresh rotates.
 */
export const soakSettings = {
  SIGNET_TRUSTED_PROXIES: '127.0.0.1/32',
  SIGNET_REFRESH_WINDOW_SECONDS: '2',
  SIGNET_ACCESS_TOKEN_LIFETIME_SECONDS: String(accessTokenLifetimeSeconds),
}

interface SceneOptions {
  own: OwnPostgres
  settings: Record<string, string>
  signet: SignetProcess
  connections: Connections
  random: Random
  accounts: number
}

/** Opens the accounts, with a session each, and registers the clients. */
export async function openScene(options: SceneOptions): Promise<Scene> {
  const { own, settings, signet, connections, random } = options
  const { host } = new URL(signet.origin)
  const accounts: Account[] = []
  const sessions: Session[] = []
  for (let i = 0; i < options.accounts; i++) {
    const { account, session } = await open(signet.origin)
    accounts.push(account)
    sessions.push(session)
  }
  const besieged = await open(signet.origin)
  const inBrowser = await open(signet.origin)
  await registerWebApp(own.db)
  return {
    random,
    accounts,
    sessions,
    besieged: besieged.account,
    resourceServer: await createClient(settings, 'soak-api', { permission: 'tokens.introspect' }),
    minter: await createClient(settings, 'soak-minter', {
      permission: 'tokens.mint',
      audience: 'https://crew.example',
      namespace: 'crew',
    }),
    browser: {
      cookie: await openBrowser(own.db, inBrowser.sessionId),
      userId: inBrowser.account.userId,
    },
    ask(request) {
      const headers = { ...request.headers, 'X-Forwarded-For': anyAddress(random) }
      return connections.send(messageOf(host, { ...request, headers }))
    },
    askRaw: (text) => connections.send(Buffer.from(text.replaceAll('HOST', host), 'latin1')),
  }
}

async function open(origin: string) {
  const email = `${randomUUID()}@example.com`
  const password = `a sentence of nobody ${randomUUID()}`
  await signUp(origin, { email, password })
  const { tokens } = (await post(origin, 'sign-in', { identifier: email, password })) as {
    tokens: { sessionId: string; accessToken: string; refreshToken: string }
  }
  const userId = String(claimsOf(tokens.accessToken).sub)
  const { sessionId } = tokens
  return { account: { email, password, userId }, session: sessionOf(userId, tokens), sessionId }
}

function anyAddress(random: Random): string {
  return `10.${random.below(256)}.${random.below(256)}.${random.below(256)}`
}

/** A session as a sign-in answers it. */
export function sessionOf(
  userId: string,
  { accessToken, refreshToken }: { accessToken: string; refreshToken: string },
): Session {
  const issuedAtMs = performance.now()
  return { userId, accessToken, refreshToken, issuedAtMs, refreshing: false, ended: false }
}

/** Keeps a new session, in the place of an older one where there are many. */
export function keepSession({ sessions, random }: Scene, session: Session): void {
  if (sessions.length < sessionsMax) sessions.push(session)
  else sessions[random.below(sessions.length)] = session
}

/** A session whose access token is still good for a while; undefined where there is none at hand. */
export function anySession({ sessions, random }: Scene): Session | undefined {
  const place = random.below(sessions.length)
  const session = sessions[place]
  if (session === undefined) return undefined
  const ageSeconds = (performance.now() - session.issuedAtMs) / 1000
  if (ageSeconds < accessTokenLifetimeSeconds - 120) return session
  if (!session.refreshing) sessions.splice(place, 1)
  return undefined
}

/** What a signed token says. */
export function claimsOf(token: unknown): Record<string, unknown> {
  const [, claims = ''] = String(token).split('.')
  try {
    return JSON.parse(Buffer.from(claims, 'base64url').toString())
  } catch {
    return {}
  }
}
