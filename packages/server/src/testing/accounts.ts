/** Accounts for tests, opened as the use-cases open them. */

import assert from 'node:assert/strict'
import type { ErrorReason } from '@signet/contract'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import type { UserId } from '../ids.ts'
import { type SignedIn, signIn } from '../sign-in/sign-in.ts'
import { parseEmail } from '../users/identifier.ts'
import { openAccount } from '../users/open-account.ts'
import { testContext } from './deps.ts'

export const testPassword = 'correct horse battery'

/** A user with this address, verified unless said otherwise. */
export async function openTestUser(
  deps: Deps,
  email: string,
  { password = testPassword, verified = true }: { password?: string; verified?: boolean } = {},
): Promise<UserId> {
  const parsed = parseEmail(email, 'email')
  assert.ok('identifier' in parsed, email)
  const now = new Date()
  const account = {
    identifier: parsed.identifier,
    passwordHash: await deps.passwords.hash(password),
    displayName: '',
    locale: '',
    ...(verified && { verifiedAt: now }),
  }
  return deps.db.transaction((tx) => openAccount(tx, account, now))
}

/** Signs in with an address, from nowhere in particular. */
export function signInAs(deps: Deps, email: string, password = testPassword): Promise<SignedIn> {
  return signIn(deps, testContext(), {
    identifier: email,
    password,
    device: undefined,
    deviceSecret: '',
  })
}

/** Rejected with this reason, and with these rules broken where any are named. */
export async function assertRefused(
  answer: Promise<unknown>,
  reason: ErrorReason,
  rules?: string[],
): Promise<void> {
  await assert.rejects(answer, (error) => {
    assert.ok(error instanceof SignetError, String(error))
    assert.equal(error.reason, reason, error.message)
    if (rules !== undefined) {
      assert.deepEqual(error.violations.map(({ rule }) => rule).sort(), [...rules].sort())
    }
    return true
  })
}
