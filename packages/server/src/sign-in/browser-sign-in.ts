/**
 * Signs a person in in a browser: into a session that a cookie holds.
 *
 * 1. Find out who it is, by password (`password-sign-in.ts`) or otherwise. Somebody who is signed in in this browser already goes on with that session,
 *    under a new secret; anybody else gets a session beside those that are there.
 * 2. The browser holds the new secret first, then those of the others. Where it has no room for one more, the one used longest
 *    ago is dropped.
 * 3. It keeps a device secret for each account, by a mark that tells nobody which account it is.
 *
 * Errors: those of `password-sign-in.ts`.
 * Specs: OWASP ASVS 5.0 V7.2.4, V7.6.2.
 */

import { createHmac } from 'node:crypto'
import { Secret } from '../config/secret.ts'
import { readCookie, writeCookie } from '../cookie-header.ts'
import type { MasterSecret } from '../crypto/master-secret.ts'
import type { Deps } from '../deps.ts'
import type { SessionId, UserId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import {
  browserCookies,
  browserSessionsMax,
  dropBrowserSecrets,
  findBrowserSessions,
  makeBrowserSecret,
} from '../sessions/browser-session.ts'
import { deviceLifetimeDays } from '../throttling/guess.ts'
import { parseEmail } from '../users/identifier.ts'
import { type PasswordDeps, signInWithPassword } from './password-sign-in.ts'
import type { StartedSignIn, Yield } from './simultaneous-sign-ins.ts'

/** The session, and the `Set-Cookie` headers that hold it. */
export interface SignedInBrowser {
  sessionId: SessionId
  userId: UserId
  setCookies: string[]
}

/** Who comes, and how. */
export interface Entry {
  /** What tells one account of this browser from another. */
  identifier: string
  /** As it came. */
  cookieHeader: string | undefined
  /** Whether the person stays signed in. */
  persistent: boolean
}

/** Accounts whose device secrets one browser keeps. */
const devicesMax = 5
const secondsOfDay = 86_400
const markLength = 12

/** Signs the person in by password, and records whether it worked. */
export function signInInBrowser(
  deps: PasswordDeps,
  ctx: RequestContext,
  input: Entry & { password: string },
): Promise<SignedInBrowser> {
  const { identifier, password } = input
  return enterBrowser(deps, input, (how) =>
    signInWithPassword(deps, ctx, { identifier, password, device: undefined, ...how }),
  )
}

/** Holds in a browser what a sign-in starts, whatever it is that proves who it is. */
export async function enterBrowser(
  deps: Pick<Deps, 'config' | 'db' | 'masterSecret'>,
  { identifier, cookieHeader, persistent }: Entry,
  start: (how: { deviceSecret: string; yields: Yield }) => Promise<StartedSignIn>,
): Promise<SignedInBrowser> {
  const { config } = deps
  const held = await findBrowserSessions(deps, cookieHeader)
  const devices = devicesIn(readCookie(config, cookieHeader, 'device'))
  const mark = markOf(deps, identifier)
  const { secret, secretHash } = makeBrowserSecret()
  const presented = held.map((session) => session.secret)
  const started = await start({
    deviceSecret: devices.get(mark) ?? '',
    yields: { kind: 'cookie', secretHash, presented, persistent },
  })
  if (started.kind !== 'cookie') throw new Error('a sign-in in a browser has no cookie')
  const { sessionId, userId, deviceSecret } = started
  const others = held.filter((session) => session.userId !== userId)
  const kept = others.slice(0, browserSessionsMax - 1)
  const dropped = held.filter((session) => !kept.includes(session))
  await dropBrowserSecrets(
    deps.db,
    dropped.map((session) => session.secret),
  )
  devices.delete(mark)
  return {
    sessionId,
    userId,
    setCookies: [
      ...browserCookies(config, [{ secret: new Secret(secret), persistent }, ...kept]),
      deviceCookie(config, [[mark, deviceSecret], ...devices]),
    ],
  }
}

/** Device secrets by the marks of their accounts, the one used last first. */
function devicesIn(value: string | undefined): Map<string, string> {
  const entries = (value ?? '').split('.').map((entry) => entry.split('~'))
  return new Map(entries.flatMap(([mark = '', secret]) => (secret ? [[mark, secret]] : [])))
}

function deviceCookie(
  config: PasswordDeps['config'],
  devices: readonly (readonly [mark: string, secret: string])[],
): string {
  const entries = devices.slice(0, devicesMax).map(([mark, secret]) => `${mark}~${secret}`)
  const maxAgeSeconds = deviceLifetimeDays * secondsOfDay
  return writeCookie(config, 'device', { value: entries.join('.'), maxAgeSeconds })
}

/** Says of an account only whether it is the same one. */
function markOf({ masterSecret }: { masterSecret: MasterSecret }, identifier: string): string {
  const parsed = parseEmail(identifier, 'identifier')
  const account = 'identifier' in parsed ? parsed.identifier.canonical : identifier
  const key = masterSecret.derive('marks of accounts in cookies')
  return createHmac('sha256', key).update(account).digest('base64url').slice(0, markLength)
}
