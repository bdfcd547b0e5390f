/** What is drawn in bulk is handed out once. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { uniqueBytes } from './unique-bytes.ts'

test('no bytes come twice, also where a pool ends, and none change later', () => {
  const drawn = Array.from({ length: 3_000 }, (_, n) => uniqueBytes(n % 2 === 0 ? 16 : 24))
  const texts = drawn.map((bytes) => bytes.toString('hex'))
  assert.deepEqual(
    texts.map((text) => text.length),
    drawn.map((_, n) => (n % 2 === 0 ? 32 : 48)),
  )
  assert.equal(new Set(texts.map((text) => text.slice(0, 32))).size, texts.length)
  uniqueBytes(16).fill(0)
  for (let n = 0; n < 1_000; n++) uniqueBytes(16)
  assert.deepEqual(
    drawn.map((bytes) => bytes.toString('hex')),
    texts,
  )
})
