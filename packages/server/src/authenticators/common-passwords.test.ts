/** The list of common passwords: that the file is what the search expects, and that it is the committed one. */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import {
  commonPasswordFingerprint,
  fingerprintBytes,
  isCommonPassword,
} from './common-passwords.ts'

const folder = new URL('./common-passwords/', import.meta.url)
const list = readFileSync(new URL('fingerprints.bin', folder))

test('the file is whole, sorted and without duplicates', () => {
  assert.equal(list.length % fingerprintBytes, 0)
  assert.ok(list.length / fingerprintBytes > 50_000)
  for (let offset = fingerprintBytes; offset < list.length; offset += fingerprintBytes) {
    const before = list.readUIntBE(offset - fingerprintBytes, fingerprintBytes)
    const here = list.readUIntBE(offset, fingerprintBytes)
    assert.ok(before < here, `entry ${offset / fingerprintBytes}`)
  }
})

test('the README names its count and its digest', () => {
  const readme = readFileSync(new URL('README.md', folder), 'utf8')
  const digest = createHash('sha256').update(list).digest('hex')
  assert.ok(readme.includes(`${list.length / fingerprintBytes} passwords, SHA-256 ${digest}`))
})

test('the search finds the first and the last entry, and nothing beside them', () => {
  // Found by their fingerprints: the first and the last of the sorted file.
  const first = list.subarray(0, fingerprintBytes)
  const last = list.subarray(-fingerprintBytes)
  assert.deepEqual(commonPasswordFingerprint(firstEntry), first)
  assert.deepEqual(commonPasswordFingerprint(lastEntry), last)
  assert.equal(isCommonPassword(firstEntry), true)
  assert.equal(isCommonPassword(lastEntry), true)
  assert.equal(isCommonPassword('zebra-quartz-lamp-hippo'), false)
})

const firstEntry = '31081989'
const lastEntry = 'startrek1'
