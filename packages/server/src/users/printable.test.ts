import assert from 'node:assert/strict'
import { it } from 'node:test'
import { checkPrintable } from './printable.ts'

it('lets every script and sign pass', () => {
  const texts = [
    '',
    'Ada Lovelace',
    'O’Brien',
    '宮本 茂',
    'آدا',
    'Ἀδα',
    '🦊',
    '👩‍🔬',
    'a\u00a0b',
    '<b>',
  ]
  for (const text of texts) assert.deepEqual(checkPrintable('field', text), [])
})

it('refuses controls, half characters and overrides of the writing direction, and names the field', () => {
  const texts = [
    '\u0000',
    'a\nb',
    'a\tb',
    '\u007f',
    '\u0085',
    '\ud800',
    'a\udc00',
    'a\u202eb',
    '\u2066a',
  ]
  for (const text of texts) {
    const [violation, ...others] = checkPrintable('displayName', text)
    assert.deepEqual([violation?.field, violation?.rule], ['displayName', 'text.printable'])
    assert.deepEqual(others, [])
  }
})
