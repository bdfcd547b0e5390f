/** Published key sets: when they are read, and what servers of bad faith or none at all do. */

import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { beforeEach, describe, it } from 'node:test'
import { pino } from 'pino'
import type { Json } from '../db/query.ts'
import { FetchFailed, type GuardedFetch } from '../outbound/guarded-fetch.ts'
import { type ClientKeys, openClientKeys, parseKeySet } from './client-keys.ts'

const minute = 60_000
const client = { jwks: null, jwksUri: 'https://client.example/keys' }
const log = pino({ level: 'silent' })

let nowMs = 0
let asked = 0
let answer: { body?: string; status?: number; maxAgeSeconds?: number } | 'away' | 'never' = 'away'
let keys: ClientKeys

const fetch: GuardedFetch = async () => {
  asked += 1
  if (answer === 'never') return new Promise(() => {})
  if (answer === 'away') throw new FetchFailed('failed', 'client.example:443: ECONNREFUSED')
  const { body = '', status = 200, maxAgeSeconds } = answer
  return { status, body: Buffer.from(body), maxAgeSeconds }
}

beforeEach(() => {
  nowMs = 1e9
  asked = 0
  answer = 'away'
  keys = openClientKeys({ fetch, log, clock: () => nowMs })
})

const jwkOf = (key: KeyObject) => key.export({ format: 'jwk' }) as Record<string, Json>
const ec = jwkOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey)
const setOf = (...kids: string[]) => JSON.stringify({ keys: kids.map((kid) => ({ ...ec, kid })) })

const find = async (kid: string) =>
  (await keys.find(client, { algorithm: 'ES256', kid })).map((key) => key.kid)

/** Lets what was begun in the background end. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

describe('a published set', () => {
  it('is read once while it is fresh, and by everyone who waits together', async () => {
    answer = { body: setOf('a') }
    assert.deepEqual(await Promise.all([find('a'), find('a'), find('a')]), [['a'], ['a'], ['a']])
    nowMs += 9 * minute
    assert.deepEqual([await find('a'), asked], [['a'], 1])
  })

  it('is used while it is read anew, and then the new one', async () => {
    answer = { body: setOf('a') }
    await find('a')
    answer = { body: setOf('b') }
    nowMs += 11 * minute
    assert.deepEqual([await find('a'), asked], [['a'], 2])
    await settle()
    assert.deepEqual([await find('b'), await find('a')], [['b'], []])
  })

  it('is read first where it is old', async () => {
    answer = { body: setOf('a') }
    await find('a')
    answer = { body: setOf('b') }
    nowMs += 71 * minute
    assert.deepEqual([await find('a'), asked], [[], 2])
  })

  it('is good for a day without its server, and not longer', async () => {
    answer = { body: setOf('a') }
    await find('a')
    answer = 'away'
    nowMs += 23 * 60 * minute
    assert.deepEqual(await find('a'), ['a'])
    nowMs += 2 * 60 * minute
    assert.deepEqual(await find('a'), [])
    answer = { body: setOf('a') }
    nowMs += minute
    assert.deepEqual(await find('a'), ['a'])
  })

  it('is not asked for again within the cool-down, however many keys are made up', async () => {
    answer = { body: setOf('a') }
    await find('a')
    for (let n = 0; n < 50; n += 1) assert.deepEqual(await find(`made up ${n}`), [])
    assert.equal(asked, 1)
    answer = { body: setOf('a', 'b') }
    nowMs += 30_000
    assert.deepEqual([await find('b'), asked], [['b'], 2])
  })

  it('is not asked for again within the cool-down, while its server is away', async () => {
    for (let n = 0; n < 50; n += 1) assert.deepEqual(await find('a'), [])
    assert.equal(asked, 1)
  })

  for (const [maxAgeSeconds, freshMinutes] of [
    [0, 1],
    [300, 5],
    [1e9, 60],
  ] as const)
    it(`says ${maxAgeSeconds} seconds: fresh for ${freshMinutes} minutes`, async () => {
      answer = { body: setOf('a'), maxAgeSeconds }
      await find('a')
      nowMs += freshMinutes * minute - 1
      await find('a')
      assert.equal(asked, 1)
      nowMs += 1
      await find('a')
      assert.equal(asked, 2)
    })

  for (const [what, bad] of [
    ['broken JSON', { body: '{"keys":[' }],
    ['no set', { body: '[]' }],
    ['null', { body: 'null' }],
    ['keys that are no list', { body: '{"keys":"x"}' }],
    ['an error', { body: setOf('b'), status: 500 }],
    ['a redirect', { body: setOf('b'), status: 302 }],
  ] as const)
    it(`answers ${what}: what was known stays`, async () => {
      answer = { body: setOf('a') }
      await find('a')
      answer = bad
      nowMs += 71 * minute
      assert.deepEqual([await find('a'), await find('b'), asked], [['a'], [], 2])
    })
})

describe('keys of a set', () => {
  const parsed = (...jwks: Json[]) => parseKeySet({ keys: jwks }).map((key) => key.algorithms)

  it('are for signatures of their kind, or of what they say', () => {
    const rsa = jwkOf(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey)
    const okp = jwkOf(generateKeyPairSync('ed25519').publicKey)
    assert.deepEqual(parsed(ec, rsa, okp), [['ES256'], ['PS256', 'RS256'], ['EdDSA']])
    assert.deepEqual(parsed({ ...rsa, alg: 'RS256' }, { ...okp, alg: 'Ed25519' }), [
      ['RS256'],
      ['EdDSA'],
    ])
  })

  it('of another kind or use, and broken ones, are passed over', () => {
    const short = jwkOf(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey)
    const long = jwkOf(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey)
    const p384 = jwkOf(generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey)
    const x25519 = jwkOf(generateKeyPairSync('x25519').publicKey)
    const bad: Json[] = [
      null,
      'x',
      {},
      { kty: 'oct', k: 'c2VjcmV0' },
      { ...ec, use: 'enc' },
      { ...ec, alg: 'RS256' },
      { ...ec, x: 'AAAA' },
      short,
      { ...long, n: Buffer.alloc(1025, 0xff).toString('base64url') },
      { ...long, e: 'Aw' },
      { ...long, e: 'AQAC' },
      p384,
      x25519,
    ]
    assert.deepEqual(parsed(...bad, ec), [['ES256']])
  })

  it('are twenty at the most', () => {
    assert.equal(parsed(...Array.from({ length: 1000 }, () => ec)).length, 20)
  })

  it('are used without a private part that was published by mistake', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const [key] = parseKeySet({ keys: [jwkOf(privateKey)] })
    assert.equal(key?.key.type, 'public')
  })
})
