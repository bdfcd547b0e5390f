/** What may be taken away from an account: addresses, identities and numbers are judged alike. */

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { beforeEach, describe, it } from 'node:test'
import { ErrorReason } from '@signet/contract'
import { removeEmail } from '../emails/remove-email.ts'
import { unlinkIdentity } from '../federation/linking.ts'
import type { UserId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import { assertRefused, openTestUser, signInAs } from '../testing/accounts.ts'
import { openFileDeps, rowsOf, testContext } from '../testing/deps.ts'
import { authenticateBearer } from '../tokens/authenticate.ts'
import { removePhone } from './remove-phone.ts'

const { deps } = await openFileDeps({ emptied: ['users', 'identity_providers'] })
const numbers = ['+4915112345678', '+4915187654321']

let userId: UserId
let ctx: RequestContext

beforeEach(async () => {
  userId = await openTestUser(deps, 'ada@example.com')
  const { accessToken } = await signInAs(deps, 'ada@example.com')
  ctx = testContext({ caller: await authenticateBearer(deps, testContext(), accessToken) })
  await rowsOf(deps, 'delete from identifiers where user_id = $1', [userId])
  const provider = `insert into identity_providers
      (id, kind, name, status, client_id, wrapped_secret, wrapping_key_id, created_at, updated_at)
    values ($1, 'oidc', 'Acme', $2, 'us', '', 'none', now(), now())`
  await rowsOf(deps, provider, ['acme', 'active'])
  await rowsOf(deps, provider, ['closed', 'disabled'])
})

/** Of the identities, one is at a provider that is switched off, and one at a provider that was removed. */
type Held = 'email' | 'claim' | 'identity' | 'switched off' | 'removed' | 'phone'

const providers: Partial<Record<Held, string>> = {
  identity: 'acme',
  'switched off': 'closed',
  removed: 'gone',
}

/** Gives her exactly this, and answers the id of the first. */
async function hold(...held: Held[]): Promise<string> {
  const ids = held.map(() => randomUUID())
  for (const [n, what] of held.entries()) {
    const value = what === 'phone' ? numbers[n] : `${n}@example.com`
    const text =
      what in providers
        ? `insert into federated_identities (id, user_id, provider, issuer, subject, vouched, created_at, last_used_at)
           values ($1, $2, '${providers[what]}', 'https://acme.example', $3, true, now(), now())`
        : `insert into identifiers (id, user_id, kind, value, canonical, verified_at, created_at)
           values ($1, $2, '${what === 'phone' ? 'phone' : 'email'}', $3, $3, ${what === 'claim' ? 'null' : 'now()'}, now())`
    await rowsOf(deps, text, [ids[n], userId, value])
  }
  return ids[0] ?? ''
}

const removals: Partial<Record<Held, (id: string) => Promise<unknown>>> = {
  email: (emailId) => removeEmail(deps, ctx, { emailId }),
  claim: (emailId) => removeEmail(deps, ctx, { emailId }),
  identity: (identityId) => unlinkIdentity(deps, ctx, { identityId }),
  phone: () => removePhone(deps, ctx, { phone: numbers[0] ?? '' }),
}

describe('what goes', () => {
  const cases: [goes: Held, beside: Held[]][] = [
    ['email', ['email']],
    ['email', ['identity']],
    ['claim', ['claim']],
    ['claim', ['identity']],
    ['identity', ['email']],
    ['identity', ['identity']],
    ['phone', ['email']],
    ['phone', ['identity']],
    ['phone', ['phone']],
  ]
  for (const [goes, beside] of cases)
    it(`${goes} beside ${beside.join()}`, async () => {
      await removals[goes]?.(await hold(goes, ...beside))
      const text = `select (select count(*) from identifiers where user_id = $1)::integer
                         + (select count(*) from federated_identities where user_id = $1)::integer`
      assert.deepEqual(await rowsOf(deps, text, [userId]), [[1]])
    })
})

describe('what stays, because it is the last way in', () => {
  const rules: Partial<Record<Held, string>> = {
    email: 'email',
    claim: 'email',
    identity: 'identity',
    phone: 'phone',
  }
  const cases: [stays: Held, beside: Held[]][] = [
    ['email', []],
    ['email', ['claim']],
    ['email', ['phone']],
    ['email', ['switched off']],
    ['email', ['removed']],
    ['claim', ['phone']],
    ['identity', ['claim']],
    ['identity', ['phone']],
    ['phone', []],
    ['phone', ['claim']],
    ['phone', ['switched off']],
  ]
  for (const [stays, beside] of cases)
    it(`${stays} beside ${beside.join() || 'nothing'}`, async () => {
      const removing = removals[stays]?.(await hold(stays, ...beside)) ?? assert.fail()
      const rule = `${rules[stays]}.last_way_in`
      await assertRefused(removing, ErrorReason.INVALID_ARGUMENT, [rule])
    })

  it('the last proved address, beside an identity, where nobody comes in without one', async () => {
    const config = {
      ...deps.config,
      emailVerification: { ...deps.config.emailVerification, when: 'before-sign-in' as const },
    }
    const strict = { ...deps, config }
    const emailId = await hold('email', 'identity')
    const removing = removeEmail(strict, ctx, { emailId })
    await assertRefused(removing, ErrorReason.INVALID_ARGUMENT, ['email.last_way_in'])
    await removeEmail(deps, ctx, { emailId })
  })
})
