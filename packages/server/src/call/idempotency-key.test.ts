import assert from 'node:assert/strict'
import { it } from 'node:test'
import { SignetError } from '../errors.ts'
import { parseIdempotencyKey } from './idempotency-key.ts'

const key = '8e03978e-40d5-43dd-bc93-6894a57f9324'

it('takes a string with and without quotes for the same key', () => {
  assert.equal(parseIdempotencyKey(undefined), undefined)
  for (const header of [key, `"${key}"`, ` "${key}" `])
    assert.equal(parseIdempotencyKey(header), key)
  assert.equal(parseIdempotencyKey('"sixteen\\"and\\\\more"'), 'sixteen"and\\more')
  assert.equal(parseIdempotencyKey('x'.repeat(255)), 'x'.repeat(255))
})

it('refuses what is no key', () => {
  const unfit = [
    '',
    '""',
    'short',
    'x'.repeat(256),
    `"${key}`,
    `${key}"`,
    `${key}, ${key}`,
    `"${key}";a=1`,
  ]
  for (const header of [...unfit, 'schlüssel-schlüssel', `${key}\u0000`, 'sixteen characters'])
    assert.throws(() => parseIdempotencyKey(header), SignetError, header)
})
