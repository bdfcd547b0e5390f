/**
 * Starts sessions: one signed-in presence of one user, through one client, on one device.
 *
 * The session rests on a credential that was read at a position of the revocation log. Whatever was revoked since
 * then stops it from being started; whatever is revoked at this very moment has a greater position, and the session
 * is dead although its row exists. The row and its event are one statement, and so is the decision.
 *
 * Specs: RFC 8176 (amr values), NIST SP 800-63B-4 §2 (assurance levels).
 */

import { isIP } from 'node:net'
import type { Deps } from '../deps.ts'
import type { EventKeys } from '../events/event-keys.ts'
import { prepareEvent } from '../events/record-event.ts'
import { type ClientId, newId, type SessionId, type UserId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import { insertSession } from './sessions.sql.ts'

/** A device as it describes itself; shown to the person, never trusted. Empty where it said nothing. */
export interface Device {
  installationId: string
  model: string
  os: string
  app: string
}

/** How sure it is who signed in: one factor alone, or two. */
export type Assurance = 'aal1' | 'aal2'

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
}

export interface StartedSession extends NewSession {
  id: SessionId
  authTime: Date
  /** The earlier of both expiries. */
  expiresAt: Date
  /** The position that was read when the session was found to be alive. */
  position: bigint
  roleNames: string[]
  scopes: string[]
}

const userAgentLengthMax = 400

/** The session; undefined where user or client may not have one, or what it rests on was changed or revoked. */
export async function startSession(
  deps: Pick<Deps, 'config' | 'db' | 'masterSecret'> & { eventKeys?: EventKeys },
  ctx: RequestContext,
  session: NewSession,
): Promise<StartedSession | undefined> {
  const id = newId<SessionId>(ctx.now, session.userId)
  const { userId, clientId, device, amr, acr, rev, knownDevice } = session
  const event = await prepareEvent(deps, ctx, {
    kind: 'session.started',
    outcome: 'success',
    actorId: userId,
    subjectId: userId,
    clientId,
    details: { sessionId: id, amr, ...(knownDevice !== undefined && { knownDevice }) },
  })
  const started = await insertSession(deps.db, {
    id,
    userId,
    clientId,
    installationId: device?.installationId || null,
    deviceModel: device?.model || null,
    deviceOs: device?.os || null,
    deviceApp: device?.app || null,
    ipAddress: storableAddress(ctx.ipAddress),
    userAgent: ctx.userAgent.slice(0, userAgentLengthMax) || null,
    amr,
    acr,
    authTime: ctx.now,
    rev,
    passwordSetAt: session.passwordSetAt ?? null,
    idleLifetimeSeconds: deps.config.sessionIdleLifetimeSeconds,
    lifetimeSeconds: deps.config.sessionLifetimeSeconds,
    eventId: event.id,
    eventKind: event.kind,
    eventOutcome: event.outcome,
    eventReference: event.reference,
    eventDetails: event.details,
    eventOrigin: event.origin,
  })
  if (started === undefined) return undefined
  return { ...session, ...started, id, authTime: ctx.now }
}

/** An address that a column of type inet takes; a zone (`fe80::1%eth0`) means something on that machine only. */
function storableAddress(address: string): string | null {
  const withoutZone = address.split('%', 1)[0] ?? ''
  return isIP(withoutZone) === 0 ? null : withoutZone
}
