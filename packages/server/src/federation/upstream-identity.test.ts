/** What is kept of a person whom a provider describes: sizes, and characters that would break what shows or stores them. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { JsonObject, Person } from './profiles/profile.ts'
import { identityOf } from './upstream-identity.ts'

const of = (person: Partial<Person>, proof: JsonObject = {}) =>
  identityOf(
    { issuer: 'https://issuer.example', subject: 'ada', proof },
    { emailVerified: true, claims: {}, ...person },
  )

describe('a name', () => {
  for (const [said, kept] of [
    ['  Ada \t Lovelace ', 'Ada Lovelace'],
    ['Ada\u0000\u202e Lovelace\ud800', 'Ada Lovelace'],
    ['😀'.repeat(200), '😀'.repeat(100)],
    ['x'.repeat(1_000_000), 'x'.repeat(100)],
    ['', ''],
    [null, ''],
    [{ first: 'Ada' }, ''],
  ] as const)
    it(`${JSON.stringify(said).slice(0, 30)} becomes ${JSON.stringify(kept).slice(0, 30)}`, () => {
      assert.equal(of({ name: said }).name.replace('\ufffd', ''), kept)
    })

  it('that there is none is what stands before the @', () => {
    assert.equal(of({ email: 'ada@example.com' }).name, 'ada')
  })
})

describe('an address', () => {
  for (const said of [
    'ada',
    'a@b@c',
    'a da@example.com',
    'ada@exa\u0000mple.com',
    '',
    7,
    null,
    `${'a'.repeat(250)}@b.de`,
  ])
    it(`${JSON.stringify(said).slice(0, 30)} is none, and so not verified`, () => {
      const { email, emailVerified } = of({ email: said })
      assert.deepEqual([email, emailVerified], [undefined, false])
    })

  it('of 254 characters is one', () => {
    const email = `${'a'.repeat(248)}@b.def`
    assert.deepEqual(of({ email }).email, email)
  })
})

describe('a picture', () => {
  for (const said of [
    'http://a.example/p',
    'javascript:alert(1)',
    'data:image/png;base64,AA',
    'p',
    `https://a.example/${'x'.repeat(2048)}`,
    {},
  ])
    it(`${JSON.stringify(said).slice(0, 30)} is none`, () => {
      assert.equal(of({ pictureUrl: said }).pictureUrl, undefined)
    })
})

describe('proof', () => {
  it('is taken as it is said, where it is said well', () => {
    const said = of({}, { amr: ['pwd', 7, '', 'mfa'], acr: '2', sid: 's' })
    assert.deepEqual([said.amr, said.acr, said.sid], [['pwd', 'mfa'], '2', 's'])
    const badly = of({}, { amr: 'mfa', acr: 2, sid: 'x'.repeat(256) })
    assert.deepEqual([badly.amr, badly.acr, badly.sid], [[], undefined, undefined])
  })
})

describe('claims', () => {
  it('are 16 KiB at the most, the largest left out', () => {
    const groups = Array.from({ length: 2000 }, (_, n) => `group ${n}`)
    assert.deepEqual(of({ claims: { groups, sub: 'ada', more: 'x'.repeat(9000) } }).claims, {
      sub: 'ada',
      more: 'x'.repeat(9000),
    })
  })

  it('hold nothing that Postgres cannot hold, and no depth without end', () => {
    let deep: JsonObject = {}
    for (let n = 0; n < 1000; n += 1) deep = { deep }
    const kept = JSON.stringify(
      of({ claims: { 'a\0b': 'c\0d\ud800', deep, list: [['\0']] } }).claims,
    )
    assert.ok(!/\\u0000|\\ud800/u.test(kept))
    assert.ok(kept.includes('"ab":"cd') && kept.length < 300, kept)
  })
})
