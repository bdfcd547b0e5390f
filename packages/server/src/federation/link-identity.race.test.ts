import assert from 'node:assert/strict'
import { it } from 'node:test'
import { setTimeout as nextTurn } from 'node:timers/promises'
import type { UserId } from '../ids.ts'
import { lockUserToCut } from '../revocation/cut-user.ts'
import { signUp } from '../sign-in/sign-up.ts'
import { testPassword } from '../testing/accounts.ts'
import { openFileDeps, rowsOf, testContext } from '../testing/deps.ts'
import { findOrCreate, link } from './find-or-create.ts'
import { lockIdentity } from './identities.sql.ts'

const { deps } = await openFileDeps({ emptied: ['users'] })
const ada = {
  provider: 'acme',
  issuer: 'https://login.acme.example',
  subject: '4711',
  email: 'ada@example.com',
  emailVerified: true,
  name: 'Ada Lovelace',
}

it('who links an identity, and who comes by it to the same account, never wait for each other', async () => {
  const account = { email: ada.email, password: testPassword, displayName: '', locale: '' }
  await signUp(deps, testContext(), account)
  const [[id] = []] = await rowsOf(deps, 'select id from users')
  const userId = id as UserId
  const [locked, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  let tries = 0
  // As linking.ts does it: the user, then the identity.
  const linking = deps.db.transaction(async (tx) => {
    tries += 1
    await lockUserToCut(tx, userId)
    locked.resolve()
    await goOn.promise
    await lockIdentity(tx, ada)
    await link({ ...deps, db: tx }, testContext(), { identity: ada, userId })
  })
  await locked.promise
  const finding = deps.db.transaction((tx) => {
    tries += 1
    return findOrCreate({ ...deps, db: tx }, testContext(), ada)
  })
  const waits = `select count(*)::integer from pg_stat_activity
                  where datname = current_database() and wait_event_type = 'Lock'`
  const deadline = performance.now() + 10_000
  while ((await rowsOf(deps, waits))[0]?.[0] !== 1) {
    assert.ok(performance.now() < deadline, 'it does not wait')
    await nextTurn(10)
  }
  goOn.resolve()
  await linking
  assert.deepEqual(await finding, { kind: 'known', userId })
  // A deadlock would be undone and tried again, and nobody would see it.
  assert.equal(tries, 2)
})
