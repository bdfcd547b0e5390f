/**
 * A sign-in whose hash is still running when what it rests on is closed and opened again: it yields nothing. What each cause ends,
 * and what it leaves, is in the completeness matrix (`tests/revocation-matrix/`).
 */

import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import type { Deps } from '../deps.ts'
import type { UserId } from '../ids.ts'
import { openTestUser, signInAs, testPassword } from '../testing/accounts.ts'
import { openFileDeps, rowsOf, testContext } from '../testing/deps.ts'
import { authenticateBearer } from '../tokens/authenticate.ts'
import { refreshTokens } from '../tokens/refresh-tokens.ts'
import { suspendUser, unsuspendUser } from '../users/suspend-user.ts'
import { changePassword } from './change-password.ts'

const { deps } = await openFileDeps({ emptied: ['users'] })

type SignedIn = Awaited<ReturnType<typeof signInAs>>

let userId: UserId
const email = 'ada@example.com'

beforeEach(async () => {
  userId = await openTestUser(deps, email)
})

const setClientStatus = (status: string) =>
  rowsOf(
    deps,
    `update clients set status = $1 where id = 'signet'
     returning case when status = 'disabled' then log_revocation('client', id, 'client_disabled') end`,
    [status],
  )

async function changeToTheSame({ accessToken }: SignedIn): Promise<void> {
  const caller = await authenticateBearer(deps, testContext(), accessToken)
  const passwords = { currentPassword: testPassword, newPassword: testPassword }
  await changePassword(deps, testContext({ caller }), passwords)
}

const closings: Record<string, (here: SignedIn) => Promise<unknown>> = {
  'suspended, and opened again': async () => {
    await suspendUser(deps, testContext(), { userId })
    await unsuspendUser(deps, testContext(), { userId })
  },
  'its client disabled, and enabled again': async () => {
    await setClientStatus('disabled')
    await setClientStatus('active')
  },
  'the password changed to the same one': changeToTheSame,
}

describe('before the hash was done', () => {
  for (const [name, close] of Object.entries(closings))
    it(name, async () => {
      const here = await signInAs(deps, email)
      const running = await signInWhile(() => close(here))
      if (running !== undefined) {
        const { accessToken, refreshToken } = running
        await assert.rejects(authenticateBearer(deps, testContext(), accessToken))
        await assert.rejects(refreshTokens(deps, testContext(), { refreshToken }))
      }
      const again = await signInAs(deps, email)
      await authenticateBearer(deps, testContext(), again.accessToken)
    })
})

/** A sign-in during which something happens: after the password was read, before it is known to be right. */
async function signInWhile(happens: () => Promise<unknown>): Promise<SignedIn | undefined> {
  const passwords: Deps['passwords'] = {
    ...deps.passwords,
    async verify(...args) {
      const verified = await deps.passwords.verify(...args)
      await happens()
      return verified
    },
  }
  return signInAs({ ...deps, passwords }, email).catch(() => undefined)
}
