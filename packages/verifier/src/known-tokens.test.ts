/** A token is known only where it is the very same one. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type KnownToken, openKnownTokens } from './known-tokens.ts'

const known = (name: string) => ({ name }) as unknown as KnownToken
const signature = 's'.repeat(86)
const good = `head.claims.${signature}`

function remembering(...texts: string[]) {
  const tokens = openKnownTokens(10)
  for (const text of texts) tokens.add(text, known(text), tokens.timesCleared())
  return tokens
}

test('the same text is found, as often as it comes', () => {
  const tokens = remembering(good)
  assert.deepEqual([tokens.find(good), tokens.find(good)], [known(good), known(good)])
})

test('other claims under the signature of a known token are not known, in either generation', () => {
  const tokens = remembering(good)
  const forged = [
    `head.claimz.${signature}`,
    `head.claim.${signature}`,
    `head.claims.claims.${signature}`,
    `head.claims..${signature}`,
    `.${signature}`,
    signature,
    `head.claims.${signature.slice(1)}`,
    `head.claims.${signature}x`,
    '',
  ]
  for (const text of forged) assert.equal(tokens.find(text), undefined, text)
  for (let n = 0; n < 5; n++) tokens.add(`other.${n}.${n}`, known('other'), 0)
  for (const text of forged) assert.equal(tokens.find(text), undefined, text)
  assert.deepEqual(tokens.find(good), known(good), 'it was in the older generation')
})

test('a token that was found before everything was forgotten is not added after it', () => {
  const tokens = remembering(good)
  const times = tokens.timesCleared()
  tokens.clear()
  tokens.add(good, known(good), times)
  assert.equal(tokens.find(good), undefined)
  assert.equal(tokens.count(), 0)
})
