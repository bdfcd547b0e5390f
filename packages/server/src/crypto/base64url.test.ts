import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { it } from 'node:test'
import { decodeBase64url } from './base64url.ts'

it('reads what base64url writes', () => {
  for (let length = 0; length < 70; length += 1) {
    const bytes = randomBytes(length)
    assert.deepEqual(decodeBase64url(bytes.toString('base64url')), bytes)
  }
})

it('refuses every other spelling of the same bytes', () => {
  const spellings = [
    'YWJjZA==', // padded
    'YWJjZB', // bits after the end
    'YWJjZ', // a letter too many
    'YW Jj',
    'YWJj\n',
    '\tYWJj',
    '--__=',
    '++//', // the other alphabet
    'YWJj*',
    'YWJj.',
    'YWJjé',
    'YWJj\u0000',
    'ＹＷＪｊ',
  ]
  for (const text of spellings) assert.equal(decodeBase64url(text), undefined, text)
})
