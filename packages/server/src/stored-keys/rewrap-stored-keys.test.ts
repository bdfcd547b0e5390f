/** A new master secret, from both sides: what can be opened with which, while it is rolled out and afterwards. */

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, beforeEach, describe, it } from 'node:test'
import { ErrorReason } from '@signet/contract'
import { openMasterSecret } from '../crypto/master-secret.ts'
import type { Deps } from '../deps.ts'
import { eraseSubject } from '../events/erase-subject.ts'
import { listEventKeys } from '../events/event-keys.ts'
import { openKnownProviders } from '../federation/known-providers.ts'
import { addProvider } from '../federation/manage-providers.ts'
import { openKnownGrants } from '../grants/grant-keys.ts'
import { issueGrant } from '../grants/issue-grant.ts'
import type { UserId } from '../ids.ts'
import { type MailOrder, orderMail, unwrapOpener } from '../mail/mail-order.ts'
import type { SignedIn } from '../sign-in/sign-in.ts'
import { assertRefused, openTestUser, signInAs } from '../testing/accounts.ts'
import { openTestDeps, rowsOf, type TestDeps, testContext, withParts } from '../testing/deps.ts'
import { parseRefreshToken } from '../tokens/refresh-token.ts'
import { refreshTokens } from '../tokens/refresh-tokens.ts'
import { ensureSigningKeys, SigningKeysError } from '../tokens/signing-keys.ts'
import { countWrapped, rewrapStoredKeys, startRewrapping } from './rewrap-stored-keys.ts'

const [old, fresh] = [
  'the former secret of this test alone',
  'the current secret of this test alone',
]
let test: TestDeps
let former: Deps
let both: Deps
let userId: UserId
let signedIn: SignedIn

before(async () => {
  test = await openTestDeps()
})
after(() => test.close())
beforeEach(async () => {
  for (const table of ['users', 'event_keys', 'signing_keys', 'running_instances']) {
    await rowsOf(test.deps, `delete from ${table}`)
  }
  await rowsOf(test.deps, `delete from jobs.job where name = 'send_mail'`)
  former = await instance({ current: old })
  userId = await openTestUser(former, 'ada@example.com')
  signedIn = await signInAs(former, 'ada@example.com')
  both = await instance({ current: fresh, previous: old })
})

/** An instance with these secrets: with a memory of its own. */
async function instance(secrets: { current: string; previous?: string }): Promise<Deps> {
  const masterSecret = openMasterSecret(secrets)
  const signingKeys = await ensureSigningKeys({ ...test.deps, masterSecret }, new Date())
  const knownGrants = openKnownGrants(masterSecret)
  return withParts(test.deps, { masterSecret, signingKeys, knownGrants })
}

const rewrap = (deps: Deps) => rewrapStoredKeys(deps, testContext(), new AbortController().signal)

const refresh = (deps: Deps) =>
  refreshTokens(deps, testContext(), { refreshToken: signedIn.refreshToken })

const wrappedUnder = async (deps: Deps) =>
  Object.fromEntries(
    await rowsOf(
      deps,
      `select key_id, count(*)::integer
         from (select wrapping_key_id from grants union all select wrapping_key_id from event_keys
               union all select wrapping_key_id from signing_keys) as stored (key_id)
        where key_id is not null group by key_id`,
    ),
  )

async function moreGrants(deps: Deps, count: number): Promise<void> {
  const { sessionId } = signedIn
  for (let n = 0; n < count; n += 1) {
    await issueGrant(deps, testContext(), { userId, sessionId, scopes: [], audience: ['test'] })
  }
}

describe('rewrapStoredKeys', () => {
  it('lets the former secret be dropped, and changes no token, no key and no event', async () => {
    const kids = () => rowsOf(test.deps, 'select id from signing_keys order by id')
    const [keysBefore, answered] = [await kids(), await refresh(former)]
    const lacking = { ...both, masterSecret: openMasterSecret({ current: fresh }) }
    const without = { ...lacking, knownGrants: openKnownGrants(lacking.masterSecret) }
    await assertRefused(refresh(without), ErrorReason.UNAVAILABLE)
    await assert.rejects(instance({ current: fresh }), SigningKeysError)
    assert.deepEqual(await countWrapped(both), { former: 4, unknown: 0 })
    assert.deepEqual(await countWrapped(lacking), { former: 0, unknown: 4 })

    const { moved, unreadable } = await rewrap(both)
    assert.deepEqual(
      [moved, unreadable],
      [
        {
          grants: 1,
          eventKeys: 1,
          signingKeys: 2,
          mailOpeners: 0,
          providerSecrets: 0,
          upstreamTokens: 0,
        },
        [],
      ],
    )

    const afterwards = await instance({ current: fresh })
    assert.deepEqual(await countWrapped(afterwards), { former: 0, unknown: 0 })
    assert.equal((await refresh(afterwards)).refreshToken, answered.refreshToken)
    assert.deepEqual(await kids(), keysBefore)
    const keys = await listEventKeys(afterwards, new Set([userId]))
    assert.ok(keys.get(userId))
    const details = `select details from events where kind = 'master_secret.rewrapped'`
    const keyId = afterwards.masterSecret.keyId
    assert.deepEqual((await rowsOf(both, details)).at(-1), [{ keyId, ...moved }])
  })

  it('keeps the secrets of providers, so that people still sign in with them', async () => {
    const settings = { issuer: 'https://login.acme.example' }
    const record = { name: 'Acme', clientId: 'signet', disabled: false, settings }
    const acme = { id: 'acme', kind: 'oidc', record, clientSecret: 'a secret of Acme' } as const
    const before = await countWrapped(both)
    await addProvider(former, testContext({ ipAddress: '' }), acme)
    assert.ok((await countWrapped(both)).former > before.former)
    const { moved, unreadable } = await rewrap(both)
    assert.deepEqual([moved.providerSecrets, unreadable], [1, []])
    assert.deepEqual(await countWrapped(both), { former: 0, unknown: 0 })
    const alone = { ...both, masterSecret: openMasterSecret({ current: fresh }) }
    const found = await openKnownProviders(alone).find('acme')
    assert.equal(found?.clientSecret.reveal(), 'a secret of Acme')
    await rowsOf(test.deps, 'delete from identity_providers')
  })

  it('keeps the links of mails that wait, so that they open whatever secret is dropped', async () => {
    const opener = { token: 'sl1_waiting', code: '12345678' }
    const mail = { kind: 'reset_password', to: 'ada@example.com', locale: '', facts: {}, opener }
    const now = new Date()
    for (const kind of ['reset_password', 'verify_email'] as const)
      assert.ok(await orderMail(former, { ...mail, kind, facts: {} as never }, { now }))
    await rowsOf(
      test.deps,
      `update jobs.job set state = 'completed' where data ->> 'kind' = 'verify_email'`,
    )
    assert.deepEqual(await countWrapped(both), { former: 5, unknown: 0 })
    const { moved, unreadable } = await rewrap(both)
    assert.deepEqual([moved.mailOpeners, unreadable], [1, []])
    const alone = openMasterSecret({ current: fresh })
    assert.deepEqual(await countWrapped({ ...both, masterSecret: alone }), {
      former: 0,
      unknown: 0,
    })
    const [[order] = []] = await rowsOf(
      test.deps,
      `select data from jobs.job where name = 'send_mail' and state = 'created'`,
    )
    assert.deepEqual(unwrapOpener(alone, order as MailOrder), opener)
    assert.equal((order as MailOrder).to, mail.to)
  })

  it('moves each row once, however many are at it at once', async () => {
    await moreGrants(former, 250)
    const other = await instance({ current: fresh, previous: old })
    const all = await Promise.all([rewrap(both), rewrap(other), rewrap(both)])
    const grants = all.reduce((sum, { moved }) => sum + moved.grants, 0)
    // What one leaves out because another holds it, that one moves.
    assert.equal(grants, 251)
    assert.equal((await countWrapped(both)).former, 0)
  })

  it('waits for nobody: a row in use is left for the next time', async () => {
    await moreGrants(former, 3)
    const grantId = parseRefreshToken(signedIn.refreshToken)?.grantId
    await former.db.transaction(async (tx) => {
      await rowsOf({ db: tx } as never, 'select from grants where id = $1 for no key update', [
        grantId,
      ])
      assert.equal((await rewrap(both)).moved.grants, 3)
    })
    assert.equal((await countWrapped(both)).former, 1)
    assert.equal((await rewrap(both)).moved.grants, 1)
  })

  it('names what does not open, and goes on with the rest', async () => {
    await moreGrants(former, 120)
    const grantId = parseRefreshToken(signedIn.refreshToken)?.grantId
    const forge = `update grants set wrapped_secret = (select wrapped_secret from grants where id <> $1 limit 1) where id = $1`
    await rowsOf(test.deps, forge, [grantId])
    const { moved, unreadable } = await rewrap(both)
    assert.deepEqual([moved.grants, unreadable], [120, [`grants ${grantId}`]])
    assert.deepEqual(await countWrapped(both), { former: 1, unknown: 0 })
  })

  it('revives no key of an erased person, and no retired private key', async () => {
    await former.db.transaction((tx) => eraseSubject({ ...former, db: tx }, testContext(), userId))
    await rowsOf(
      test.deps,
      `update signing_keys set state = 'retired', retired_at = now(), wrapped_key = ''
                              where algorithm = 'RS256'`,
    )
    const { moved } = await rewrap(both)
    assert.equal(moved.signingKeys, 1)
    const stored = 'select wrapped_key from event_keys where owner = $1'
    assert.deepEqual(await rowsOf(test.deps, stored, [userId]), [[null]])
  })
})

describe('startRewrapping', () => {
  const settled = async (until: () => Promise<boolean>) => {
    const deadline = performance.now() + 20_000
    while (!(await until())) {
      assert.ok(performance.now() < deadline, 'it takes too long')
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
  const everyMs = 5

  it('moves nothing while an instance wraps under another secret, and everything once none does', async (t) => {
    const ahead = await startRewrapping(both, { everyMs })
    t.after(() => ahead.stop())
    const behind = await instance({ current: old, previous: fresh })
    // Only the instance that came first may have moved something before the other one was there.
    await settled(async () => (await countWrapped(both)).former === 0)
    const late = await startRewrapping(behind, { everyMs })
    await moreGrants(behind, 1)
    await new Promise((resolve) => setTimeout(resolve, 20 * everyMs))
    assert.deepEqual(await countWrapped(both), { former: 1, unknown: 0 })
    assert.equal((await wrappedUnder(both))[behind.masterSecret.keyId], 1, 'nobody fights over it')
    await late.stop()
    await settled(async () => (await countWrapped(both)).former === 0)
  })

  it('counts an instance that was killed for 90 seconds', async (t) => {
    const seen = (seconds: number) =>
      rowsOf(
        test.deps,
        `insert into running_instances values ($1, 'k', '{k}', now() - make_interval(secs => $2))`,
        [randomUUID(), seconds],
      )
    await seen(80)
    const rewrapping = await startRewrapping(both, { everyMs })
    t.after(() => rewrapping.stop())
    await new Promise((resolve) => setTimeout(resolve, 20 * everyMs))
    assert.equal((await countWrapped(both)).former, 4)
    await rowsOf(
      test.deps,
      `update running_instances set seen_at = seen_at - interval '10 seconds' where current_key_id = 'k'`,
    )
    await settled(async () => (await countWrapped(both)).former === 0)
  })

  it('is gone from the list of instances when it has stopped', async () => {
    await (await startRewrapping(both, { everyMs })).stop()
    assert.deepEqual(await rowsOf(test.deps, 'select * from running_instances'), [])
  })
})
