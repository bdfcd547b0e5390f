/**
 * Signs a person in with an identifier and a password.
 *
 * 1. Read who may be meant, with their passwords, the keys of their events and the position of the revocation log, in
 *    one statement.
 * 2. Try the password on each, outside of any transaction. For an unknown identifier one hash is computed all the same.
 * 3. Start the session in one statement, only where the password is still the one that was read, the user is active and
 *    nothing was revoked since: a suspension that came while the hash was computed wins.
 * 4. Issue the access token.
 *
 * Only who gave the right password learns that an account is suspended. Every failure is recorded.
 *
 * Errors: INVALID_ARGUMENT, INVALID_CREDENTIALS, ACCOUNT_SUSPENDED, UNAVAILABLE.
 * Specs: RFC 8176 §2 (amr), RFC 9068 §2.2.
 */

import { ErrorReason } from '@signet/contract'
import { ownClientId } from '../clients/own-client.ts'
import type { Deps } from '../deps.ts'
import { SignetError, type Violation } from '../errors.ts'
import { type EventKeys, openEventKeys } from '../events/event-keys.ts'
import { recordEvent } from '../events/record-event.ts'
import type { UserId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import { type Device, type StartedSession, startSession } from '../sessions/start-session.ts'
import { apiAudience, issueAccessToken } from '../tokens/access-token.ts'
import { type EmailIdentifier, parseEmail } from '../users/identifier.ts'
import { checkPrintable } from '../users/printable.ts'
import { claimsMax } from './claims.ts'
import { findUserStatus, listSignInCandidates, upgradePasswordHash } from './sign-in.sql.ts'

export interface SignIn {
  identifier: string
  password: string
  device: Device | undefined
}

/** An access token for Signet's own API, and the session that it speaks of. */
export interface SignedIn {
  accessToken: string
  /** Seconds from now. */
  expiresIn: number
  sessionId: string
}

type SignInDeps = Pick<Deps, 'config' | 'db' | 'masterSecret' | 'passwords' | 'signingKeys'>
type Candidate = Awaited<ReturnType<typeof listSignInCandidates>>[number]

/** A candidate whose password it was. */
interface Proof {
  userId: UserId
  rev: bigint
  hashRead: string
  setAt: Date
  eventKeys: EventKeys
  /** The same password, hashed as we hash today; undefined where the stored hash is good. */
  upgradedHash: string | undefined
}

/** Signs the person in, and records whether it worked. */
export async function signIn(
  deps: SignInDeps,
  ctx: RequestContext,
  input: SignIn,
): Promise<SignedIn> {
  const identifier = checkSignIn(input)
  const { kind, canonical } = identifier
  const candidates = await listSignInCandidates(deps.db, { kind, canonical, limit: claimsMax })
  const proof = await provePassword(deps, ctx, { candidates, password: input.password })
  if (proof === undefined) {
    await recordFailure(deps, ctx, { identifier, candidates })
    throw new SignetError(ErrorReason.INVALID_CREDENTIALS)
  }
  const session = await startProvenSession(deps, ctx, { proof, device: input.device })
  if (session === 'suspended') throw new SignetError(ErrorReason.ACCOUNT_SUSPENDED)
  if (session === 'revoked') throw new SignetError(ErrorReason.INVALID_CREDENTIALS)
  return issueTokens(deps, ctx, session)
}

function checkSignIn({ identifier, device }: SignIn): EmailIdentifier {
  const email = parseEmail(identifier, 'identifier')
  const violations: Violation[] = [
    ...('violations' in email ? email.violations : []),
    ...Object.entries(device ?? {}).flatMap(([name, text]) =>
      checkPrintable(`device.${name}`, String(text)),
    ),
  ]
  if ('violations' in email || violations.length > 0) {
    throw new SignetError(ErrorReason.INVALID_ARGUMENT, { violations })
  }
  return email.identifier
}

/** The first candidate whose password it is. At least one hash is computed. */
async function provePassword(
  deps: SignInDeps,
  ctx: RequestContext,
  { candidates, password }: { candidates: Candidate[]; password: string },
): Promise<Proof | undefined> {
  const first = candidates[0]
  if (first === undefined) {
    await deps.passwords.verify(undefined, password, ctx.signal)
    return undefined
  }
  for (const candidate of candidates) {
    const { userId, rev, hash, setAt } = candidate
    const stored = hash ?? undefined
    const { matches, rehash } = await deps.passwords.verify(stored, password, ctx.signal)
    if (!matches || hash === null || setAt === null) continue
    const upgradedHash = rehash ? await deps.passwords.hash(password, ctx.signal) : undefined
    const eventKeys = openEventKeys(deps.masterSecret, [{ ...candidate, owner: userId }])
    return { userId: userId as UserId, rev, hashRead: hash, setAt, eventKeys, upgradedHash }
  }
  return undefined
}

/** The session, or why there is none; either is recorded. */
async function startProvenSession(
  deps: SignInDeps,
  ctx: RequestContext,
  { proof, device }: { proof: Proof; device: Device | undefined },
): Promise<StartedSession | 'suspended' | 'revoked'> {
  const { userId, rev, hashRead, setAt, eventKeys, upgradedHash } = proof
  if (upgradedHash !== undefined) {
    await upgradePasswordHash(deps.db, { userId, hash: upgradedHash, hashRead })
  }
  const session = await startSession({ ...deps, eventKeys }, ctx, {
    userId,
    clientId: ownClientId,
    device,
    amr: ['pwd'],
    acr: 'aal1',
    rev,
    passwordSetAt: setAt,
  })
  if (session !== undefined) return session
  const reason =
    (await findUserStatus(deps.db, { id: userId }))?.status === 'suspended'
      ? 'suspended'
      : 'revoked'
  await recordEvent(deps, ctx, {
    kind: 'sign_in.refused',
    outcome: 'failure',
    subjectId: userId,
    clientId: ownClientId,
    details: { reason },
  })
  return reason
}

async function recordFailure(
  deps: SignInDeps,
  ctx: RequestContext,
  { identifier, candidates }: { identifier: EmailIdentifier; candidates: Candidate[] },
): Promise<void> {
  // Where several claim the address, nobody can say which of them was meant.
  const subject = candidates.length === 1 ? candidates[0] : undefined
  await recordEvent(deps, ctx, {
    kind: 'sign_in.failed',
    outcome: 'failure',
    subjectId: subject?.userId as UserId | undefined,
    clientId: ownClientId,
    personal: { identifier: identifier.value },
  })
}

function issueTokens(deps: SignInDeps, ctx: RequestContext, session: StartedSession): SignedIn {
  const { config, signingKeys } = deps
  const { accessToken, claims } = issueAccessToken(
    signingKeys.active('ES256'),
    {
      issuer: config.issuer,
      audience: apiAudience(config.issuer),
      userId: session.userId,
      clientId: session.clientId,
      sessionId: session.id,
      scopes: session.scopes,
      roles: session.roleNames,
      authTime: session.authTime,
      acr: session.acr,
      amr: session.amr,
      rev: session.position,
      lifetimeSeconds: config.accessTokenLifetimeSeconds,
      sessionExpiresAt: session.expiresAt,
    },
    ctx.now,
  )
  return { accessToken, expiresIn: claims.exp - claims.iat, sessionId: session.id }
}
