/**
 * Starts sessions: one signed-in presence of one user, through one client, on one device.
 *
 * The session rests on a credential that was read at a position of the revocation log. Whatever was revoked since
 * then stops it from being started; whatever is revoked at this very moment has a greater position, and the session
 * is dead although its row exists. The row and its event are one statement, and so is the decision. The statement starts
 * any number of sessions, because those who sign in at the same moment share a transaction.
 *
 * Specs: RFC 8176 (amr values), NIST SP 800-63B-4 §2 (assurance levels).
 */

import { isIP } from 'node:net'
import type { Config } from '../config/config.ts'
import type { Db } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import type { EventKeys } from '../events/event-keys.ts'
import { prepareEvent } from '../events/record-event.ts'
import { type ClientId, newId, type SessionId, type UserId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import { scopesNeedingProof } from '../users/scopes-needing-proof.ts'
import type { Device } from './device.ts'
import { insertSessions } from './sessions.sql.ts'

/** How sure it can be who signed in: one factor alone, or two (NIST SP 800-63B §4). */
export const assurances = ['aal1', 'aal2'] as const
/** '0' where Signet saw no proof (OIDC Core §2). */
export type Assurance = (typeof assurances)[number] | '0'

export interface NewSession {
  userId: UserId
  clientId: ClientId
  device: Device | undefined
  /** How the person proved who they are (RFC 8176). */
  amr: string[]
  acr: Assurance
  /** The position that was read together with the credential. */
  rev: bigint
  /** Whether this user signed in on this device before, as far as that was asked. */
  knownDevice?: boolean
  /** When the password was set that the session rests on, if it rests on one. */
  passwordSetAt?: Date
  /** Whether the person stays signed in, also when the browser was closed and nobody came for a while; left out: they do. */
  persistent?: boolean
  /** How long it lives, used or not; left out, as the installation is configured. */
  lifetimeSeconds?: number
}

export interface StartedSession extends NewSession {
  id: SessionId
  authTime: Date
  /** The earlier of both expiries. */
  expiresAt: Date
  /** The position that was read when the session was found to be alive. */
  position: bigint
  roleNames: string[]
  /** Of the client, as far as this user may have them. */
  scopes: string[]
}

/** A session to start, and the call that asks for it. */
export interface AskedSession {
  ctx: RequestContext
  session: NewSession
  /** Keys of the person's events, where they were read before. */
  eventKeys?: EventKeys
}

type StartDeps = Pick<Deps, 'config' | 'masterSecret'> & { db: Db }

/** The session; undefined where user or client may not have one, or what it rests on was changed or revoked. */
export async function startSession(
  deps: StartDeps,
  ctx: RequestContext,
  session: NewSession,
): Promise<StartedSession | undefined> {
  const asked = { ctx, session }
  return (await startSessions(deps, [asked])).get(asked)
}

/** The sessions that may be, by the same rule. */
export async function startSessions<A extends AskedSession>(
  deps: StartDeps,
  asked: readonly A[],
): Promise<Map<A, StartedSession>> {
  if (asked.length === 0) return new Map()
  const rows = await Promise.all(asked.map((each) => rowOf(deps, each)))
  const needing = scopesNeedingProof(deps.config)
  const started = await insertSessions(deps.db, { asked: rows, scopesNeedingProof: needing })
  const sessions = new Map<A, StartedSession>()
  for (const [place, each] of asked.entries()) {
    const row = started.find(({ id }) => id === rows[place]?.id)
    if (row === undefined) continue
    const { session, ctx } = each
    sessions.set(each, { ...session, ...row, id: row.id as SessionId, authTime: ctx.now })
  }
  return sessions
}

async function rowOf(deps: StartDeps, { ctx, session, eventKeys }: AskedSession) {
  const { userId, clientId, device, amr, acr, rev } = session
  const { knownDevice, passwordSetAt, lifetimeSeconds, persistent = true } = session
  const { config } = deps
  const id = newId<SessionId>(ctx.now, userId)
  const event = await prepareEvent({ ...deps, ...(eventKeys && { eventKeys }) }, ctx, {
    kind: 'session.started',
    outcome: 'success',
    actorId: userId,
    subjectId: userId,
    clientId,
    details: { sessionId: id, amr, ...(knownDevice !== undefined && { knownDevice }) },
  })
  return {
    id,
    user_id: userId,
    client_id: clientId,
    installation_id: device?.installationId || null,
    device_model: device?.model || null,
    device_os: device?.os || null,
    device_app: device?.app || null,
    ip_address: storableAddress(ctx.ipAddress),
    country: ctx.country ?? null,
    user_agent: ctx.userAgent || null,
    amr,
    acr,
    auth_time: ctx.now.toISOString(),
    rev: String(rev),
    password_set_at: passwordSetAt?.toISOString() ?? null,
    persistent,
    idle_lifetime_seconds: lifetimeSeconds ?? idleLifetimeSeconds(config, persistent),
    lifetime_seconds: lifetimeSeconds ?? config.sessionLifetimeSeconds,
    event_id: event.id,
    event_kind: event.kind,
    event_outcome: event.outcome,
    event_reference: event.reference,
    event_details: event.details,
    event_origin: event.origin?.toString('base64') ?? null,
  }
}

/** How long a session lives without being used. */
export function idleLifetimeSeconds(
  config: Pick<Config, 'sessionIdleLifetimeSeconds' | 'temporarySessionIdleLifetimeSeconds'>,
  persistent: boolean,
): number {
  return persistent ? config.sessionIdleLifetimeSeconds : config.temporarySessionIdleLifetimeSeconds
}

/** An address that a column of type inet takes; a zone (`fe80::1%eth0`) means something on that machine only. */
function storableAddress(address: string): string | null {
  const withoutZone = address.split('%', 1)[0] ?? ''
  return isIP(withoutZone) === 0 ? null : withoutZone
}
