/**
 * Signs a person in with an identifier and a password.
 *
 * 1. Read who may be meant, with their passwords and the position of the revocation log, in one statement.
 * 2. Try the password on each, outside of any transaction. For an unknown identifier one hash is computed all the same.
 * 3. Start the session in one statement, only where the password is still the one that was read, the user is active and
 *    nothing was revoked since: a suspension that came while the hash was computed wins.
 * 4. Issue a grant in this session, and the tokens of both.
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
import { recordEvent } from '../events/record-event.ts'
import { firstGeneration, issueGrant } from '../grants/issue-grant.ts'
import type { SessionId, UserId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import { type Device, type StartedSession, startSession } from '../sessions/start-session.ts'
import { apiAudience } from '../tokens/access-token.ts'
import { type IssuedTokens, issueTokens } from '../tokens/issue-tokens.ts'
import { type EmailIdentifier, parseEmail } from '../users/identifier.ts'
import { checkPrintable } from '../users/printable.ts'
import { claimsMax } from './claims.ts'
import { findUserStatus, listSignInCandidates, upgradePasswordHash } from './sign-in.sql.ts'

export interface SignIn {
  identifier: string
  password: string
  device: Device | undefined
}

/** Tokens for Signet's own API, and the session that they speak of. */
export type SignedIn = IssuedTokens & { sessionId: SessionId }

type SignInDeps = Pick<Deps, 'config' | 'db' | 'masterSecret' | 'passwords' | 'signingKeys'>
type Candidate = Awaited<ReturnType<typeof listSignInCandidates>>[number]

/** A candidate whose password it was. */
interface Proof {
  userId: UserId
  rev: bigint
  hashRead: string
  setAt: Date
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
  return issueGrantedTokens(deps, ctx, session)
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
  for (const { userId, rev, hash, setAt } of candidates) {
    const stored = hash ?? undefined
    const { matches, rehash } = await deps.passwords.verify(stored, password, ctx.signal)
    if (!matches || hash === null || setAt === null) continue
    const upgradedHash = rehash ? await deps.passwords.hash(password, ctx.signal) : undefined
    return { userId: userId as UserId, rev, hashRead: hash, setAt, upgradedHash }
  }
  return undefined
}

/** The session, or why there is none; either is recorded. */
async function startProvenSession(
  deps: SignInDeps,
  ctx: RequestContext,
  { proof, device }: { proof: Proof; device: Device | undefined },
): Promise<StartedSession | 'suspended' | 'revoked'> {
  const { userId, rev, hashRead, setAt, upgradedHash } = proof
  if (upgradedHash !== undefined) {
    await upgradePasswordHash(deps.db, { userId, hash: upgradedHash, hashRead })
  }
  const session = await startSession(deps, ctx, {
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

async function issueGrantedTokens(
  deps: SignInDeps,
  ctx: RequestContext,
  session: StartedSession,
): Promise<SignedIn> {
  const { id: sessionId, userId, clientId, scopes } = session
  const audience = [apiAudience(deps.config.issuer)]
  const grant = await issueGrant(deps, ctx, { userId, sessionId, scopes, audience })
  // The session can be gone again only together with its user.
  if (grant === undefined) throw new SignetError(ErrorReason.INVALID_CREDENTIALS)
  const granted = { grant: { ...grant, userId, clientId }, generation: firstGeneration, audience }
  return { ...issueTokens(deps, { ...session, ...granted, sessionId }, ctx.now), sessionId }
}
