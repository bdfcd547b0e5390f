/**
 * Sessions of a browser: who is signed in in it, by the secrets in its cookie. Several people, or one with several accounts,
 * may be; the one who is active comes first.
 *
 * Cookies hold one secret of 256 random bits for each session. The database has its SHA-256, and each secret names one
 * session. A secret that names no live session counts for nothing, so nobody can be signed in by a cookie that was given to them
 * before.
 *
 * There are two cookies. `session` has the secrets of those who stay signed in, and outlives the browser. `temporary` is forgotten when
 * the browser is closed; it is there while somebody is signed in who does not stay, and has the secrets of all, in their order.
 *
 * Specs: OWASP ASVS 5.0 V7.2.1 to V7.2.4, V7.3.
 */

import { hash, randomBytes } from 'node:crypto'
import type { Config } from '../config/config.ts'
import { Secret } from '../config/secret.ts'
import { readCookie, writeCookie } from '../cookie-header.ts'
import type { Db } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import type { EventKeys } from '../events/event-keys.ts'
import { recordEvent } from '../events/record-event.ts'
import type { SessionId, UserId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import {
  dropSessionCookies,
  insertSessionCookie,
  listBrowserSessions,
  proveAgain as proveAgainNow,
} from './browser-sessions.sql.ts'
import { idleLifetimeSeconds, type NewSession } from './start-session.ts'

/** A live session of one browser. */
export interface BrowserSession {
  sessionId: SessionId
  userId: UserId
  /** When the person last proved who they are. */
  authTime: Date
  /** How (RFC 8176). */
  amr: string[]
  acr: string
  /** The position of the revocation log on which the session rests. */
  rev: bigint
  /** The position that was read when the session was found to be alive. */
  position: bigint
  /** As old as it may become. */
  expiresAt: Date
  /** Whether the person stays signed in when the browser is closed. */
  persistent: boolean
  displayName: string
  /** Of the person, as BCP 47; empty where they said none. */
  locale: string
  /** The primary address; where none is proved, the one that was claimed first. */
  email: string | undefined
  /** What the browser proves it with. */
  secret: Secret
}

/** The secret of one session in one browser, and what is stored of it. */
export interface BrowserSecret {
  secret: string
  secretHash: Buffer
}

/** How many sessions one browser can hold. */
export const browserSessionsMax = 5

const prefix = 'sc1_'
const secretBytes = 32
const separator = '.'
const secretForm = /^sc1_[\w-]{43}$/u

/** A secret that nobody can guess. */
export function makeBrowserSecret(): BrowserSecret {
  const secret = prefix + randomBytes(secretBytes).toString('base64url')
  return { secret, secretHash: hashSecret(secret) }
}

/** The live sessions of the browser that sent this `Cookie` header, the active one first. */
export async function findBrowserSessions(
  { config, db }: Pick<Deps, 'config'> & { db: Db },
  cookieHeader: string | undefined,
): Promise<BrowserSession[]> {
  const secrets = secretsIn(config, cookieHeader)
  if (secrets.length === 0) return []
  const found = await listBrowserSessions(db, {
    secretHashes: secrets.map(hashSecret),
    idleLifetimeSeconds: config.sessionIdleLifetimeSeconds,
    temporaryIdleLifetimeSeconds: config.temporarySessionIdleLifetimeSeconds,
  })
  return found.map(({ place, email, sessionId, userId, ...session }) => ({
    ...session,
    sessionId: sessionId as SessionId,
    userId: userId as UserId,
    email: email ?? undefined,
    secret: new Secret(secrets[Number(place) - 1] ?? ''),
  }))
}

/**
 * Whether somebody stays signed in: as the installation decides for everyone, else as the person said, else as the session that
 * goes on does, else as the installation proposes.
 */
export function isPersistent(
  { staySignedIn }: Pick<Config, 'staySignedIn'>,
  said: 'yes' | 'no' | '',
  goesOn: Pick<BrowserSession, 'persistent'> | undefined,
): boolean {
  if (staySignedIn === 'always') return true
  if (staySignedIn === 'never') return false
  if (said !== '') return said === 'yes'
  return goesOn?.persistent ?? staySignedIn === 'preselected'
}

/** What a browser holds of a session. */
export type HeldSecret = Pick<BrowserSession, 'secret' | 'persistent'>

/** The `Set-Cookie` headers after which the browser holds these secrets, the active session's first; none, and it forgets. */
export function browserCookies(
  config: Pick<Config, 'issuer' | 'sessionLifetimeSeconds'>,
  held: readonly HeldSecret[],
): [session: string, temporary: string] {
  const staying = held.filter(({ persistent }) => persistent)
  const maxAgeSeconds = staying.length === 0 ? 0 : config.sessionLifetimeSeconds
  return [
    writeCookie(config, 'session', { value: joined(staying), maxAgeSeconds }),
    staying.length === held.length
      ? writeCookie(config, 'temporary', { value: '', maxAgeSeconds: 0 })
      : writeCookie(config, 'temporary', { value: joined(held) }),
  ]
}

function joined(held: readonly HeldSecret[]): string {
  return held.map(({ secret }) => secret.reveal()).join(separator)
}

/** Gives a session that was just started its secret, in the same transaction. */
export async function keepBrowserSecret(
  db: Db,
  { sessionId, secretHash }: { sessionId: SessionId; secretHash: Buffer },
): Promise<void> {
  await insertSessionCookie(db, { sessionId, secretHash })
}

/** Makes secrets worthless that a browser gives away. Their sessions go on, in no browser. */
export async function dropBrowserSecrets(db: Db, secrets: readonly Secret[]): Promise<void> {
  if (secrets.length === 0) return
  await dropSessionCookies(db, {
    secretHashes: secrets.map((secret) => hashSecret(secret.reveal())),
  })
}

/** A new proof by somebody who may be signed in in this browser already. */
export interface ProofInBrowser {
  session: NewSession
  /** The secrets that the browser presents. */
  presented: readonly Secret[]
  /** The hash of the secret that takes the place of the former one. */
  secretHash: Buffer
}

/**
 * Notes that the user of a session in this browser has proved again who they are, and replaces its secret; undefined where
 * they have no live session here, or what the proof rests on was changed or revoked.
 */
export async function proveAgain(
  deps: Pick<Deps, 'config' | 'masterSecret'> & { db: Db; eventKeys: EventKeys },
  ctx: RequestContext,
  { session, presented, secretHash }: ProofInBrowser,
): Promise<{ id: SessionId; expiresAt: Date } | undefined> {
  if (presented.length === 0) return undefined
  const { userId, clientId, amr, acr, rev, passwordSetAt = null, persistent = true } = session
  const found = await proveAgainNow(deps.db, {
    presented: presented.map((secret) => hashSecret(secret.reveal())),
    ...{ userId, clientId, amr, acr, rev, passwordSetAt, persistent, secretHash },
    now: ctx.now,
    idleLifetimeSeconds: idleLifetimeSeconds(deps.config, persistent),
  })
  if (found === undefined) return undefined
  await recordEvent(deps, ctx, {
    kind: 'session.reauthenticated',
    outcome: 'success',
    actorId: userId,
    subjectId: userId,
    clientId,
    details: { sessionId: found.id, amr },
  })
  return { id: found.id as SessionId, expiresAt: found.expiresAt }
}

/** What has the form of a secret, each once, and no more than there can be. */
function secretsIn(config: Pick<Config, 'issuer'>, header: string | undefined): string[] {
  const presented = (['temporary', 'session'] as const).flatMap(
    (name) => readCookie(config, header, name)?.split(separator) ?? [],
  )
  const formed = presented.filter((secret) => secretForm.test(secret))
  return [...new Set(formed)].slice(0, browserSessionsMax)
}

function hashSecret(secret: string): Buffer {
  return hash('sha256', secret, 'buffer')
}
