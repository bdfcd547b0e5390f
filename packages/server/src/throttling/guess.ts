/**
 * Limits guesses at a password: per account and per address, the same on every wire and instance.
 *
 * 1. Before the work, whoever reads the password also asks `guess_retry_after`, in the same statement.
 * 2. A wrong guess is counted by one statement, which decides at that moment whether it is let through. Of guesses
 *    that run at once no more than the limit are answered; the others are refused, whatever came of them.
 * 3. Right guesses are let through by one statement too, which forgives what this source got wrong and knows the device.
 *
 * A known device has a count of its own, and no other: strangers who guess cannot keep it out. It speaks for its owner
 * alone, so that its attempts cannot be spent on anybody else who claims the same address.
 *
 * An account is whatever identifier was typed, known or not: both are counted alike.
 *
 * Errors: RATE_LIMITED.
 * Specs: NIST SP 800-63B-4 §3.2.2, OWASP ASVS 5.0 V6.1.1 and V6.3.1.
 */

import { ErrorReason } from '@signet/contract'
import type { Db } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import type { UserId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import { networkOf } from './address-network.ts'
import { counterKey } from './counter-key.ts'
import { hashDeviceSecret, makeDeviceSecret } from './device-secret.ts'
import {
  admitGuesses as admit,
  admitGuessWithoutDevice as admitWithoutDevice,
  countFailedGuess as count,
} from './throttling.sql.ts'

/** What a guess counts for. */
export interface Guess {
  account: Buffer
  address: Buffer
  /** The account and the address together. */
  source: Buffer
  /** What is stored of the secret that the device presented; null where it presented none. */
  deviceHash: Buffer | null
}

/** What the statement that read the password says about a guess. */
export interface GuessState {
  /** Seconds; null where the guess is let through. */
  retryAfter: number | null
  /** The owner of the device that presented its secret; null where the device is not known. */
  deviceUserId: string | null
}

type GuessDeps = Pick<Deps, 'config' | 'db'>

/** How long after its last use a device is known. */
export const deviceLifetimeDays = 400
const devicesMax = 32

/** The keys of a guess at `account`: a canonical identifier with its kind, or a user. Keyed hashes: the tables name nobody. */
export function prepareGuess(
  { masterSecret }: Pick<Deps, 'masterSecret'>,
  ctx: RequestContext,
  { account, deviceSecret }: { account: string; deviceSecret: string },
): Guess {
  const keyed = (...parts: string[]) => counterKey(masterSecret, 'guess counters', ...parts)
  const address = networkOf(ctx.ipAddress)
  return {
    account: keyed('account', account),
    address: keyed('address', address),
    source: keyed('source', account, address),
    deviceHash: deviceSecret === '' ? null : hashDeviceSecret(deviceSecret),
  }
}

/** Throws RATE_LIMITED where the guess is not let through. */
export function checkGuess({ retryAfter }: Pick<GuessState, 'retryAfter'>): void {
  if (retryAfter !== null) throw tooManyGuesses(retryAfter)
}

/** The refusal of a guess that is not let through for so many seconds. */
export function tooManyGuesses(retryAfterSeconds: number): SignetError {
  const detail = 'too many wrong guesses at this account or from this address'
  return new SignetError(ErrorReason.RATE_LIMITED, { retryAfterSeconds, detail })
}

/**
 * Counts a wrong guess. Throws RATE_LIMITED where others have used up the limit meanwhile. Answers for how many
 * seconds this guess closes the account or the device, if it does.
 */
export async function countFailedGuess(
  { config, db }: GuessDeps,
  guess: Guess,
  state: Pick<GuessState, 'deviceUserId'>,
): Promise<number | undefined> {
  const { perAccount, perAddress, addressWindowSeconds } = config.signInAttempts
  const { retryAfter, closedFor } = await count(db, {
    ...counters(guess, state),
    accountMax: perAccount,
    addressMax: perAddress,
    addressWindowSeconds,
  })
  checkGuess({ retryAfter })
  return closedFor ?? undefined
}

/** A right guess of this user. */
export interface RightGuess {
  /** Undefined where nothing was guessed: what cannot be guessed is counted nowhere, and no count keeps it out. */
  guess?: Guess | undefined
  state: Pick<GuessState, 'deviceUserId'>
  userId: UserId
  /** What the device presented; empty where it presented nothing. */
  deviceSecret: string
}

/** What comes of a right guess. */
export interface Admitted {
  /** Seconds for which it is not let through; null where it is. */
  retryAfter: number | null
  /** What the device presents from now on. */
  deviceSecret: string
}

/** Lets right guesses through, unless others have used up the limit of one meanwhile. */
export async function admitGuesses<G extends RightGuess>(
  db: Db,
  guesses: readonly G[],
): Promise<Map<G, Admitted>> {
  const asked = guesses.map(({ guess, state, userId, deviceSecret }, place) => {
    const { account, address, source } = guess === undefined ? nowhere : counters(guess, state)
    const kept = state.deviceUserId === userId ? deviceSecret : makeDeviceSecret()
    const row = {
      place,
      account: account?.toString('base64') ?? null,
      address: address?.toString('base64') ?? null,
      source: source?.toString('base64') ?? null,
      device_hash: hashDeviceSecret(kept).toString('base64'),
      user_id: userId,
    }
    return { row, kept }
  })
  const lifetimeDays = deviceLifetimeDays
  const rows = await admit(db, { asked: asked.map(({ row }) => row), lifetimeDays, devicesMax })
  return new Map(
    guesses.map((guess, place) => {
      const retryAfter = rows.find((row) => row.place === place)?.retryAfter ?? null
      return [guess, { retryAfter, deviceSecret: asked[place]?.kept ?? '' }]
    }),
  )
}

/** Lets a right guess of somebody through who is signed in already. Throws RATE_LIMITED as above. */
export async function admitSignedInGuess({ db }: Pick<Deps, 'db'>, guess: Guess): Promise<void> {
  checkGuess({ retryAfter: await admitGuess(db, guess, { deviceUserId: null }) })
}

/** Lets a right guess through that opens no session. Seconds for which it is not let through; null where it is. */
export async function admitGuess(
  db: Db,
  guess: Guess,
  state: Pick<GuessState, 'deviceUserId'>,
): Promise<number | null> {
  return (await admitWithoutDevice(db, counters(guess, state))).retryAfter
}

const nowhere = { account: null, address: null, source: null }

/** Where a guess is counted: with its known device, else with account and address. */
function counters(
  { account, address, source, deviceHash }: Guess,
  { deviceUserId }: Pick<GuessState, 'deviceUserId'>,
) {
  return deviceUserId === null || deviceHash === null
    ? { account, address, source }
    : { account: deviceHash, address: null, source: null }
}
