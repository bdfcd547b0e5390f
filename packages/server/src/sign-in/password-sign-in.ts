/**
 * The one way in with an identifier and a password, whatever is held afterwards: tokens, or the cookie of a browser.
 *
 * 1. Read who may be meant, and whether another guess is let through, in one statement (`findCandidates`).
 * 2. Try the password on each, outside of any transaction. For an unknown identifier one hash is computed all the same; so
 *    it is for the owner of an address that has none, where claims are tried beside the owner.
 * 3. Count a wrong guess: guesses that ran at once may have used up the limit meanwhile.
 * 4. For a right one, start the session and what it yields, in one transaction (`start`), only where the guess is still let
 *    through and nothing that was read has changed.
 *
 * Only who gave the right password learns that an account is suspended, or that its address waits to be proved. Every failure is recorded.
 *
 * Errors: INVALID_ARGUMENT, INVALID_CREDENTIALS, ACCOUNT_SUSPENDED, EMAIL_NOT_VERIFIED, RATE_LIMITED,
 * UNAVAILABLE.
 * Specs: RFC 8176 §2 (amr), OWASP ASVS 5.0 V6.1.3.
 */

import { ErrorReason } from '@signet/contract'
import { upgradePasswordHash } from '../authenticators/write-password.ts'
import { ownClientId } from '../clients/own-client.ts'
import type { Deps } from '../deps.ts'
import { SignetError, type Violation } from '../errors.ts'
import { type EventKeys, openEventKeys } from '../events/event-keys.ts'
import { recordEvent } from '../events/record-event.ts'
import type { UserId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import { type Device, deviceViolations } from '../sessions/device.ts'
import {
  checkGuess,
  countFailedGuess,
  type GuessState,
  prepareGuess,
  tooManyGuesses,
} from '../throttling/guess.ts'
import { type EmailIdentifier, parseEmail } from '../users/identifier.ts'
import { accountState } from '../users/open-account.ts'
import type { FoundCandidate, StartedSignIn, Yield } from './simultaneous-sign-ins.ts'
import { mustVerifyFirst, refuseUnverified } from './unverified.ts'

export interface PasswordSignIn {
  identifier: string
  password: string
  device: Device | undefined
  /** What the device was given at an earlier sign-in; empty where it has none. */
  deviceSecret: string
  /** What the session yields. */
  yields: Yield
}

export type PasswordDeps = Pick<Deps, 'config' | 'db' | 'masterSecret' | 'passwords' | 'signIns'>
type Candidate = FoundCandidate & { userId: string }

/** A candidate whose password it was. */
interface Proof {
  userId: UserId
  /** Whether the user has proved the identifier. */
  verified: boolean
  rev: bigint
  hashRead: string
  setAt: Date
  eventKeys: EventKeys
  /** The same password, hashed as we hash today; undefined where the stored hash is good. */
  upgradedHash: string | undefined
}

/** Signs the person in, and records whether it worked. */
export async function signInWithPassword(
  deps: PasswordDeps,
  ctx: RequestContext,
  input: PasswordSignIn,
): Promise<StartedSignIn> {
  const identifier = checkSignIn(input)
  const { kind, canonical } = identifier
  const { deviceSecret, yields } = input
  const guess = prepareGuess(deps, ctx, { account: `${kind} ${canonical}`, deviceSecret })
  const found = await deps.signIns.findCandidates({ kind, canonical, guess })
  const state = guessState(found)
  checkGuess(state)
  const candidates = found.filter((row): row is Candidate => row.userId !== null)
  const proof = await provePassword(deps, ctx, { candidates, password: input.password })
  if (proof === undefined) {
    const closedSeconds = await countFailedGuess(deps, guess, state)
    await recordFailure(deps, ctx, { identifier, candidates, closedSeconds })
    throw new SignetError(ErrorReason.INVALID_CREDENTIALS)
  }
  const { userId, eventKeys } = proof
  await upgradeHash(deps, proof)
  if (!proof.verified && mustVerifyFirst(deps.config))
    throw await refuseUnverified(deps, ctx, { identifier, userId, guess, state })
  const started = await deps.signIns.start({
    ctx,
    guess,
    state,
    userId,
    deviceSecret,
    session: {
      ...{ device: input.device, amr: ['pwd'], acr: 'aal1' },
      ...{ rev: proof.rev, passwordSetAt: proof.setAt },
    },
    eventKeys,
    yields,
  })
  if (started === 'revoked') throw await refusedAfterProof(deps, ctx, userId)
  if ('retryAfter' in started) throw tooManyGuesses(started.retryAfter)
  return started
}

/** What the statement says about the guess; each of its rows says the same. */
function guessState([row]: FoundCandidate[]): GuessState {
  if (row === undefined) throw new Error('listSignInCandidates has a row for each who asks')
  return row
}

function checkSignIn({ identifier, device }: PasswordSignIn): EmailIdentifier {
  const email = parseEmail(identifier, 'identifier')
  const violations: Violation[] = [
    ...('violations' in email ? email.violations : []),
    ...deviceViolations(device),
  ]
  if ('violations' in email || violations.length > 0) {
    throw new SignetError(ErrorReason.INVALID_ARGUMENT, { violations })
  }
  return email.identifier
}

/** The first candidate whose password it is. At least one hash is computed. */
async function provePassword(
  deps: PasswordDeps,
  ctx: RequestContext,
  { candidates, password }: { candidates: Candidate[]; password: string },
): Promise<Proof | undefined> {
  const ownerIsMissing = candidates.length === 0 || mustVerifyFirst(deps.config)
  if (ownerIsMissing && !candidates.some(({ verified }) => verified))
    await deps.passwords.verify(undefined, password, ctx.signal)
  for (const candidate of candidates) {
    const { userId, verified, rev, hash, setAt } = candidate
    const stored = hash ?? undefined
    const { matches, rehash } = await deps.passwords.verify(stored, password, ctx.signal)
    if (!matches || hash === null || setAt === null) continue
    const upgradedHash = rehash ? await deps.passwords.hash(password, ctx.signal) : undefined
    const eventKeys = openEventKeys(deps.masterSecret, [{ ...candidate, owner: userId }])
    const read = { verified, rev, hashRead: hash, setAt }
    return { userId: userId as UserId, ...read, eventKeys, upgradedHash }
  }
  return undefined
}

async function upgradeHash(
  { db }: PasswordDeps,
  { userId, upgradedHash: hash, hashRead }: Proof,
): Promise<void> {
  if (hash !== undefined) await upgradePasswordHash(db, { userId, hash, hashRead })
}

/** Why there is no session although the password was right; it is recorded. */
async function refusedAfterProof(
  deps: PasswordDeps,
  ctx: RequestContext,
  userId: UserId,
): Promise<SignetError> {
  const { status } = await accountState(deps.db, userId)
  const reason = status === 'suspended' ? 'suspended' : 'revoked'
  await recordEvent(deps, ctx, {
    kind: 'sign_in.refused',
    outcome: 'failure',
    subjectId: userId,
    clientId: ownClientId,
    details: { reason },
  })
  return new SignetError(
    reason === 'suspended' ? ErrorReason.ACCOUNT_SUSPENDED : ErrorReason.INVALID_CREDENTIALS,
  )
}

async function recordFailure(
  deps: PasswordDeps,
  ctx: RequestContext,
  {
    identifier,
    candidates,
    closedSeconds,
  }: { identifier: EmailIdentifier; candidates: Candidate[]; closedSeconds: number | undefined },
): Promise<void> {
  // Where several claim the address and none has proved it, nobody can say which of them was meant.
  const claimant = candidates.length === 1 ? candidates[0] : undefined
  const subject = candidates.find(({ verified }) => verified) ?? claimant
  const event = {
    outcome: 'failure',
    subjectId: subject?.userId as UserId | undefined,
    clientId: ownClientId,
    personal: { identifier: identifier.value },
  } as const
  await recordEvent(deps, ctx, { ...event, kind: 'sign_in.failed' })
  if (closedSeconds === undefined) return
  const details = { closedSeconds }
  await recordEvent(deps, ctx, { ...event, kind: 'sign_in.throttled', details })
}
