import assert from 'node:assert/strict'
import { after, it } from 'node:test'
import { openMasterSecret } from '../crypto/master-secret.ts'
import { createTestDatabase } from '../testing/database.ts'
import { rowsOf } from '../testing/deps.ts'
import { ensureSigningKeys } from './signing-keys.ts'

it('instances that start together end up with the same keys', async () => {
  const masterSecret = openMasterSecret({ current: 'the secret that all instances share' })
  const { db, drop } = await createTestDatabase()
  after(drop)
  for (let round = 0; round < 3; round += 1) {
    const opened = await Promise.all(
      Array.from({ length: 4 }, () => ensureSigningKeys({ db, masterSecret }, new Date())),
    )
    for (const algorithm of ['ES256', 'RS256'] as const) {
      const kids = new Set(opened.map((keys) => keys.active(algorithm).kid))
      assert.equal(kids.size, 1, algorithm)
    }
    assert.deepEqual(await rowsOf({ db }, 'select count(*)::integer from signing_keys'), [[2]])
    await rowsOf({ db }, 'delete from signing_keys')
  }
})
