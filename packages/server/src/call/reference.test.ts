import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createReferences } from './reference.ts'

test('references are written in groups of four, without letters that are misread', () => {
  const next = createReferences()
  for (let i = 0; i < 2000; i++)
    assert.match(next(), /^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/)
})

test('references do not repeat and use every character at every place', () => {
  const next = createReferences()
  const references = Array.from({ length: 20_000 }, next)
  assert.equal(new Set(references).size, references.length)
  for (let place = 0; place < 14; place++) {
    const characters = new Set(references.map((reference) => reference[place]))
    assert.equal(characters.size, place === 4 || place === 9 ? 1 : 32)
  }
})
