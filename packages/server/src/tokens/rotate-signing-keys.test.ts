import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { ErrorReason } from '@signet/contract'
import { createLocalJWKSet, jwtVerify } from 'jose'
import type { SigningAlgorithm } from '../crypto/jws.ts'
import type { Deps } from '../deps.ts'
import { assertRefused } from '../testing/accounts.ts'
import { secondsAhead } from '../testing/clock.ts'
import { openTestDeps, rowsOf, type TestDeps, testContext } from '../testing/deps.ts'
import { readJwt, signJwt } from './jwt.ts'
import {
  revokeSigningKey,
  rotateDueKeys,
  rotateSigningKeys,
  startKeyRotation,
} from './rotate-signing-keys.ts'
import { ensureSigningKeys, type SigningKeys } from './signing-keys.ts'

const day = 86_400
let test: TestDeps
let deps: Deps

before(async () => {
  test = await openTestDeps()
  deps = test.deps
})
after(() => test.close())
beforeEach(async () => {
  await rowsOf(deps, 'delete from signing_keys')
  await rowsOf(deps, `delete from clients where id <> 'signet'`)
  await ensureSigningKeys(deps, new Date())
})

async function states(algorithm: SigningAlgorithm = 'ES256'): Promise<unknown[]> {
  const text =
    'select state from signing_keys where algorithm = $1 order by created_at, activated_at'
  return (await rowsOf(deps, text, [algorithm])).map(([state]) => state)
}

async function pinToEdDsa(): Promise<void> {
  const text = `insert into clients (id, name, type, signing_algorithm, created_at, updated_at)
                values ('ed', 'Ed', 'public', 'EdDSA', now(), now())`
  await rowsOf(deps, text)
}

const open = () => ensureSigningKeys(deps, new Date())
const sign = (keys: SigningKeys, algorithm: SigningAlgorithm = 'ES256') =>
  signJwt(keys.active(algorithm), 'at+jwt', { iss: 'test' })

/** Verifies as others do, by the published set as they have it. */
async function verifyElsewhere(token: string, published: ReturnType<SigningKeys['jwks']>) {
  await jwtVerify(token, createLocalJWKSet(published), { typ: 'at+jwt' })
}

describe('a scheduled rotation', () => {
  it('publishes the next key in time, uses it when everybody has it, and keeps the former one for its tokens', async (t) => {
    const at = async (seconds: number) =>
      rotateDueKeys(await secondsAhead(test, t, seconds), new Date())
    const due = 90 * day - 330
    await at(due - 5)
    assert.deepEqual(await states(), ['active'])
    await at(due + 1)
    assert.deepEqual(await states(), ['active', 'next'])
    await at(due + 320)
    assert.deepEqual(await states(), ['active', 'next'], 'somebody may not have it yet')
    await at(due + 340)
    assert.deepEqual(await states(), ['retiring', 'active'])
    await at(due + 340 + 1190)
    assert.deepEqual(await states(), ['retiring', 'active'], 'a token of it may be alive')
    await at(due + 340 + 1210)
    assert.deepEqual(await states(), ['retired', 'active'])
    assert.deepEqual(await states('RS256'), ['retired', 'active'])
    const kept = `select id from signing_keys where state = 'retired' and octet_length(wrapped_key) > 0`
    assert.deepEqual(await rowsOf(deps, kept), [])
  })

  it('fails no verification by anybody in two rotations, whatever set they hold and whoever signs', async (t) => {
    const [one, other] = [await open(), await open()]
    const [kidBefore, seen] = [one.active('ES256').kid, new Set<string>()]
    let verified = 0
    const sets: { at: number; set: ReturnType<SigningKeys['jwks']> }[] = []
    const tokens: { at: number; token: string }[] = []
    let now = 0
    for (let rotation = 0; rotation < 2; rotation += 1) {
      await rotateSigningKeys(deps, testContext())
      await rowsOf(
        deps,
        `update signing_keys set created_at = created_at + make_interval(secs => $1) where state = 'next'`,
        [now],
      )
      for (let step = 0; step <= 1800; step += 60) {
        now += 60
        await rotateDueKeys(await secondsAhead(test, t, now), new Date())
        // One instance is behind: it still has what it read a minute ago.
        const behind = rotation === 0 ? other : one
        const ahead = behind === one ? other : one
        await ahead.reload()
        for (const keys of [one, other]) {
          tokens.push({ at: now, token: sign(keys) })
          seen.add(keys.active('ES256').kid)
        }
        sets.push({ at: now, set: ahead.jwks() })
        for (const { token } of tokens.filter(({ at }) => at > now - 900)) {
          for (const keys of [one, other]) readJwt(keys, token, 'at+jwt')
          for (const { set } of sets.filter(({ at }) => at === now || at === now - 240)) {
            if (tokens.find((it) => it.token === token && it.at >= now - 240) === undefined)
              continue
            await verifyElsewhere(token, set)
            verified += 1
          }
        }
        await behind.reload()
      }
    }
    assert.ok(seen.size === 3 && !new Set([one.active('ES256').kid]).has(kidBefore))
    assert.ok(verified > 500, String(verified))
  })

  it('is taken by one of several instances, each step once', async (t) => {
    const instances = [await secondsAhead(test, t, 91 * day), await secondsAhead(test, t, 91 * day)]
    const everyone = [...instances, ...instances].map((parts) => rotateDueKeys(parts, new Date()))
    await Promise.all(everyone)
    assert.deepEqual(await states(), ['active', 'next'])
    const later = [await secondsAhead(test, t, 92 * day), await secondsAhead(test, t, 92 * day)]
    await Promise.all([...later, ...later].map((parts) => rotateDueKeys(parts, new Date())))
    assert.deepEqual(await states(), ['retiring', 'active'])
    const text = `select count(*)::integer from events e where kind = 'signing_key.activated'
                     and details->>'kid' in (select id from signing_keys)`
    assert.deepEqual(await rowsOf(deps, text), [[2]])
  })
})

describe('rotating now', () => {
  it('publishes next keys once; they sign after everybody has them', async (t) => {
    const { kids } = await rotateSigningKeys(deps, testContext())
    assert.equal(kids.length, 2)
    assert.deepEqual((await rotateSigningKeys(deps, testContext())).kids, kids)
    const keys = await open()
    assert.equal(keys.jwks().keys.length, 4)
    assert.ok(!kids.includes(keys.active('ES256').kid))
    await rotateDueKeys(await secondsAhead(test, t, 331), new Date())
    await keys.reload()
    assert.ok(kids.includes(keys.active('ES256').kid))
  })
})

describe('revoking a key', () => {
  it('refuses its tokens at once, also remembered ones, and signs with another', async () => {
    const keys = await open()
    const { kid } = keys.active('ES256')
    const token = sign(keys)
    const { verified } = keys
    const { changed, replacedBy } = await revokeSigningKey(deps, testContext(), { kid })
    assert.ok(changed && replacedBy !== undefined)
    await keys.reload()
    assert.throws(() => readJwt(keys, token, 'at+jwt'))
    assert.notEqual(keys.verified, verified)
    assert.equal(keys.active('ES256').kid, replacedBy)
    assert.ok(keys.jwks().keys.every((jwk) => jwk.kid !== kid))
    readJwt(keys, sign(keys), 'at+jwt')
    assert.deepEqual(await revokeSigningKey(deps, testContext(), { kid }), {
      changed: false,
      replacedBy: undefined,
    })
  })

  it('takes the next key where there is one, and records both', async () => {
    await rotateSigningKeys(deps, testContext())
    const keys = await open()
    const { kid } = keys.active('RS256')
    const { replacedBy } = await revokeSigningKey(deps, testContext(), { kid })
    assert.deepEqual(await states('RS256'), ['retired', 'active'])
    const text = `select kind from events where details->>'kid' in ($1, $2) and kind not like '%created' order by kind`
    assert.deepEqual(await rowsOf(deps, text, [kid, replacedBy]), [
      ['signing_key.activated'],
      ['signing_key.revoked'],
    ])
  })

  it('says that there is no such key', async () => {
    const missing = revokeSigningKey(deps, testContext(), { kid: 'no such key' })
    await assertRefused(missing, ErrorReason.NOT_FOUND)
  })
})

describe('a running instance', () => {
  it('takes over what another one did, and asks at once for a kid that it does not know', async () => {
    const signingKeys = await open()
    await pinToEdDsa()
    const rotation = startKeyRotation({ ...deps, signingKeys }, { pollMs: 3_600_000 })
    try {
      // The key that only a turn makes is there: the first turn is over, and the next one is an hour away.
      while (signingKeys.jwks().keys.length < 3) await setImmediate()
      const { replacedBy = '' } = await revokeSigningKey(deps, testContext(), {
        kid: signingKeys.active('ES256').kid,
      })
      while (signingKeys.find(replacedBy) === undefined) {
        await setImmediate()
      }
      assert.equal(signingKeys.active('ES256').kid, replacedBy)
    } finally {
      await rotation.stop()
    }
  })

  it('makes a key for the algorithm that a client is pinned to', async () => {
    await pinToEdDsa()
    const keys = await open()
    assert.equal(keys.active('EdDSA').algorithm, 'EdDSA')
    const token = sign(keys, 'EdDSA')
    readJwt(keys, token, 'at+jwt')
    await verifyElsewhere(token, keys.jwks())
  })
})
