/** The hasher: what matches, what is rehashed, equal work, and who waits, who leaves and who is turned away. */

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { hashSync as argon2HashSync } from '@node-rs/argon2'
import { hashSync as bcryptHashSync } from '@node-rs/bcrypt'
import { ErrorReason } from '@signet/contract'
import { SignetError } from '../errors.ts'
import { openPasswordHasher } from './password-hash.ts'

const hasher = openPasswordHasher({ concurrency: 2, queueMax: 64 })
const password = 'correct horse battery staple'

describe('hashes of our own', () => {
  test('are PHC strings with the parameters of OWASP and a salt of their own', async () => {
    const [first, second] = await Promise.all([hasher.hash(password), hasher.hash(password)])
    assert.match(first, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
    assert.notEqual(first, second)
  })

  test('match exactly: no truncation, no case folding, no trimming', async () => {
    const long = `${'0123456789abcdef'.repeat(16)}Z`
    const hash = await hasher.hash(long)
    assert.deepEqual(await hasher.verify(hash, long), { matches: true, rehash: false })
    const others = [
      ...[8, 56, 64, 72, 128, 255, 256].map((bytes) => long.slice(0, bytes)),
      `${long} `,
      ` ${long}`,
      `${long}\0`,
      long.toLowerCase(),
      '',
    ]
    for (const other of others) {
      assert.deepEqual(await hasher.verify(hash, other), { matches: false, rehash: false }, other)
    }
  })

  test('match in either Unicode form, and no other', async () => {
    const hash = await hasher.hash('cafe\u0301 \u1100\u1161 \u212B')
    assert.equal((await hasher.verify(hash, 'caf\u00e9 \uac00 \u00C5')).matches, true)
    assert.equal((await hasher.verify(hash, 'cafe \uac00 \u00C5')).matches, false)
  })

  test('take emoji and a NUL as they are', async () => {
    const hash = await hasher.hash('👩‍👩‍👧\0x')
    assert.equal((await hasher.verify(hash, '👩‍👩‍👧\0x')).matches, true)
    assert.equal((await hasher.verify(hash, '👩👩👧\0x')).matches, false)
    assert.equal((await hasher.verify(hash, '👩‍👩‍👧')).matches, false)
  })

  test('never match a password with a lone surrogate, which UTF-8 cannot tell from another', async () => {
    const hash = await hasher.hash('\ud800 as it would be stored')
    for (const lone of ['\ud800', '\ud801', '\udfff', '\ufffd']) {
      const { matches } = await hasher.verify(hash, `${lone} as it would be stored`)
      assert.equal(matches, lone === '\ufffd', JSON.stringify(lone))
    }
  })
})

describe('without a usable hash', () => {
  test('an unknown user never matches', async () => {
    for (const given of [password, '', '\0', '\ud800']) {
      assert.deepEqual(await hasher.verify(undefined, given), { matches: false, rehash: false })
    }
  })

  test('an unknown form never matches and says so, without quoting it', async () => {
    const verification = await hasher.verify('$md5$5f4dcc3b5aa765d61d8327deb882cf99', 'password')
    assert.deepEqual(verification, {
      matches: false,
      rehash: false,
      detail: 'the stored hash is in a form that is not read here',
    })
  })

  test('each of them does work of our parameters, and takes its turn for it', async () => {
    const unusable = [undefined, '', '$md5$x', `$2b$31$${'.'.repeat(53)}`]
    const narrow = openPasswordHasher({ concurrency: 1, queueMax: 1 })
    for (const hash of unusable) {
      const admitted = Array.from({ length: 3 }, () => narrow.verify(hash, password))
      await assert.rejects(narrow.verify(hash, password), { reason: ErrorReason.UNAVAILABLE })
      assert.deepEqual(narrow.counts(), { running: 2, waiting: 1 })
      await Promise.all(admitted)
    }
  })
})

describe('hashes from elsewhere', () => {
  test('ask to be replaced once the password was right', async () => {
    const salt = Buffer.from('0123456789abcdef')
    const hashes = {
      bcrypt: bcryptHashSync(password, { cost: 4 }),
      'weaker Argon2id': argon2HashSync(password, { memoryCost: 256, timeCost: 2, salt }),
      'stronger Argon2id': argon2HashSync(password, { memoryCost: 19_456, timeCost: 3, salt }),
      'Argon2id with a shorter digest': argon2HashSync(password, { outputLen: 16, salt }),
      'Argon2i of our cost': argon2HashSync(password, { algorithm: 1, salt }),
    }
    for (const [name, hash] of Object.entries(hashes)) {
      assert.deepEqual(await hasher.verify(hash, password), { matches: true, rehash: true }, name)
      assert.deepEqual(await hasher.verify(hash, 'wrong'), { matches: false, rehash: false }, name)
    }
  })

  test('the replacement asks for nothing', async () => {
    const replacement = await hasher.hash(password)
    assert.equal((await hasher.verify(replacement, password)).rehash, false)
  })

  test('a NUL cannot stand for the end of the password', async () => {
    // Both functions take these as the same key: bcrypt repeats it with a NUL between, HMAC pads it with NULs.
    const bcrypt = bcryptHashSync('secret', { cost: 4 })
    const pbkdf2 = '$pbkdf2-sha1$i=4096,l=20$c2FsdA$SwB5AbdlSJq+rUnZJvch0GWkKcE'
    assert.equal((await hasher.verify(bcrypt, 'secret')).matches, true)
    assert.equal((await hasher.verify(bcrypt, 'secret\0secret')).matches, false)
    assert.equal((await hasher.verify(pbkdf2, 'password')).matches, true)
    assert.equal((await hasher.verify(pbkdf2, 'password\0')).matches, false)
  })
})

test('a full queue answers UNAVAILABLE and when to come back', async () => {
  const narrow = openPasswordHasher({ concurrency: 1, queueMax: 2 })
  const admitted = ['1', '2', '3', '4'].map((each) => narrow.hash(each))
  await assert.rejects(
    narrow.hash('5'),
    (error) =>
      error instanceof SignetError &&
      error.reason === ErrorReason.UNAVAILABLE &&
      error.retryAfterSeconds === 1,
  )
  await Promise.all(admitted)
  assert.match(await narrow.hash('6'), /^\$argon2id/)
})
