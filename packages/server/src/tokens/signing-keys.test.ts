import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { calculateJwkThumbprint, importJWK } from 'jose'
import { openMasterSecret } from '../crypto/master-secret.ts'
import type { Database } from '../db/database.ts'
import { createTestDatabase, type TestDatabase } from '../testing/database.ts'
import { rowsOf } from '../testing/deps.ts'
import { ensureSigningKeys, makeSigningKey, SigningKeysError } from './signing-keys.ts'

const masterSecret = openMasterSecret({ current: 'the secret that the keys are wrapped under' })
const otherText = 'another secret, of another installation'
const now = new Date('2026-11-22T12:00:00Z')
let test: TestDatabase
let db: Database

before(async () => {
  test = await createTestDatabase()
  db = test.db
})
after(() => test.drop())
beforeEach(() => rowsOf({ db }, 'delete from signing_keys'))

describe('ensureSigningKeys', () => {
  it('makes an active key for ES256 and RS256, and finds the same ones again', async () => {
    const first = await ensureSigningKeys({ db, masterSecret }, now)
    const second = await ensureSigningKeys({ db, masterSecret }, now)
    for (const algorithm of ['ES256', 'RS256'] as const) {
      const key = first.active(algorithm)
      assert.equal(key.algorithm, algorithm)
      assert.equal(second.active(algorithm).kid, key.kid)
      assert.ok(second.active(algorithm).privateKey.equals(key.privateKey))
      assert.equal(first.find(key.kid)?.algorithm, algorithm)
    }
    assert.throws(() => first.active('EdDSA'))
    assert.equal(first.find('no such key'), undefined)
  })

  it('records each key that it made, once', async () => {
    const text = `select details->>'kid' from events where kind = 'signing_key.created' order by 1`
    const earlier = (await rowsOf({ db }, text)).length
    const keys = await ensureSigningKeys({ db, masterSecret }, now)
    await ensureSigningKeys({ db, masterSecret }, now)
    const recorded = (await rowsOf({ db }, text)).map(([kid]) => kid)
    assert.equal(recorded.length, earlier + 2)
    for (const { kid } of keys.jwks().keys) assert.ok(recorded.includes(kid))
  })

  it('publishes public parts alone, under their thumbprints', async () => {
    const { keys } = (await ensureSigningKeys({ db, masterSecret }, now)).jwks()
    assert.deepEqual(keys.map(({ alg }) => alg).sort(), ['ES256', 'RS256'])
    const allowed = ['kty', 'kid', 'alg', 'use', 'crv', 'x', 'y', 'n', 'e']
    for (const jwk of keys) {
      assert.deepEqual(
        Object.keys(jwk).filter((name) => !allowed.includes(name)),
        [],
      )
      assert.equal(jwk.kid, await calculateJwkThumbprint(jwk))
      assert.ok(await importJWK(jwk))
    }
    const rsa = keys.find(({ kty }) => kty === 'RSA')
    assert.equal(Buffer.from(rsa?.n ?? '', 'base64url').length, 256)
  })

  it('makes only the one that is missing', async () => {
    const before = await ensureSigningKeys({ db, masterSecret }, now)
    await rowsOf({ db }, `delete from signing_keys where algorithm = 'RS256'`)
    const afterwards = await ensureSigningKeys({ db, masterSecret }, now)
    assert.equal(afterwards.active('ES256').kid, before.active('ES256').kid)
    assert.notEqual(afterwards.active('RS256').kid, before.active('RS256').kid)
  })

  it('verifies with keys that no longer sign, and not with retired ones', async () => {
    const keys = await ensureSigningKeys({ db, masterSecret }, now)
    const { kid } = keys.active('ES256')
    await rowsOf({ db }, `update signing_keys set state = 'retiring' where id = $1`, [kid])
    const retiring = await ensureSigningKeys({ db, masterSecret }, now)
    assert.notEqual(retiring.active('ES256').kid, kid)
    assert.equal(retiring.find(kid)?.kid, kid)
    assert.equal(retiring.jwks().keys.length, 3)
    await rowsOf({ db }, `update signing_keys set state = 'retired' where id = $1`, [kid])
    const retired = await ensureSigningKeys({ db, masterSecret }, now)
    assert.equal(retired.find(kid), undefined)
    assert.equal(retired.jwks().keys.length, 2)
  })

  it('stores no private part in the clear', async () => {
    const keys = await ensureSigningKeys({ db, masterSecret }, now)
    const stored = await rowsOf({ db }, 'select wrapped_key, public_jwk::text from signing_keys')
    const bytes = Buffer.concat(stored.map(([wrapped]) => wrapped as Buffer))
    const texts = stored.map(([, publicJwk]) => publicJwk).join()
    for (const algorithm of ['ES256', 'RS256'] as const) {
      const { d } = keys.active(algorithm).privateKey.export({ format: 'jwk' })
      assert.ok(d)
      assert.equal(texts.includes(d), false)
      assert.equal(bytes.includes(Buffer.from(d, 'base64url').subarray(0, 16)), false)
    }
  })

  it('says in one sentence that the master secret is another one, and changes nothing', async () => {
    await ensureSigningKeys({ db, masterSecret }, now)
    const kept = await rowsOf({ db }, 'select id from signing_keys order by id')
    const other = openMasterSecret({ current: otherText })
    await assert.rejects(ensureSigningKeys({ db, masterSecret: other }, now), (error) => {
      assert.ok(error instanceof SigningKeysError)
      assert.match(error.message, /master secret is not the one/)
      assert.match(error.message, /SIGNET_MASTER_SECRET_PREVIOUS/)
      assert.equal(error.message.includes(otherText), false)
      return true
    })
    assert.deepEqual(await rowsOf({ db }, 'select id from signing_keys order by id'), kept)
  })

  it('opens the keys with the former secret beside a new one', async () => {
    const { kid } = (await ensureSigningKeys({ db, masterSecret }, now)).active('ES256')
    const both = openMasterSecret({
      current: otherText,
      previous: 'the secret that the keys are wrapped under',
    })
    assert.equal(
      (await ensureSigningKeys({ db, masterSecret: both }, now)).active('ES256').kid,
      kid,
    )
  })

  it('does not open private parts that were exchanged between rows', async () => {
    await ensureSigningKeys({ db, masterSecret }, now)
    await rowsOf(
      { db },
      `update signing_keys k set wrapped_key = o.wrapped_key from signing_keys o where o.id <> k.id`,
    )
    await assert.rejects(ensureSigningKeys({ db, masterSecret }, now), SigningKeysError)
  })
})

describe('makeSigningKey', () => {
  it('makes no id that a command line would take for an option', async () => {
    for (let made = 0; made < 500; made++) {
      const { id } = await makeSigningKey(masterSecret, 'EdDSA')
      assert.match(id, /^[^-]/u)
    }
  })
})
