import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { AccessTokenClaims } from './access-token-claims.ts'
import { openVerifiedTokens } from './verified-tokens.ts'

const now = new Date(1_000_000)
const claims = (exp: number) => ({ exp }) as AccessTokenClaims

it('finds what was added, until it expires', () => {
  const verified = openVerifiedTokens()
  const added = claims(2_000)
  verified.add('token', added)
  assert.equal(verified.find('token', now), added)
  assert.equal(verified.find('tokem', now), undefined)
  assert.equal(verified.find('token', new Date(1_999_999)), added)
  assert.equal(verified.find('token', new Date(2_000_000)), undefined)
  assert.equal(verified.count(), 0)
})

it('never holds more than it may, and forgets the oldest first', () => {
  const verified = openVerifiedTokens(3)
  for (let i = 0; i < 10; i += 1) verified.add(`token ${i}`, claims(2_000))
  assert.equal(verified.count(), 3)
  assert.equal(verified.find('token 6', now), undefined)
  assert.ok(verified.find('token 7', now))
  assert.ok(verified.find('token 9', now))
})
