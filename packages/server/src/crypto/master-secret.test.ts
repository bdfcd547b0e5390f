import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { MasterSecretError, openMasterSecret } from './master-secret.ts'

const first = 'first secret of a test, 32 characters and more'
const second = 'second secret of a test, 32 characters and more'
const plain = Buffer.from('what is wrapped')

describe('openMasterSecret', () => {
  it('unwraps what it wrapped, of any length', () => {
    const secret = openMasterSecret({ current: first })
    for (const length of [0, 1, 15, 16, 17, 32, 1200]) {
      const value = randomBytes(length)
      const { wrapped, keyId } = secret.wrap('purpose', value)
      assert.deepEqual(secret.unwrap('purpose', wrapped, keyId), value)
    }
  })

  it('opens values of the secret before, and wraps under the current one', () => {
    const before = openMasterSecret({ current: first }).wrap('purpose', plain)
    const both = openMasterSecret({ current: second, previous: first })
    assert.deepEqual(both.unwrap('purpose', before.wrapped, before.keyId), plain)
    const after = both.wrap('purpose', plain)
    assert.equal(after.keyId, openMasterSecret({ current: second }).keyId)
    assert.notEqual(after.keyId, before.keyId)
  })

  it('refuses a value of another secret, and says so', () => {
    const { wrapped, keyId } = openMasterSecret({ current: first }).wrap('purpose', plain)
    const other = openMasterSecret({ current: second })
    assert.throws(() => other.unwrap('purpose', wrapped, keyId), MasterSecretError)
    assert.throws(() => other.unwrap('purpose', wrapped, other.keyId), MasterSecretError)
  })

  it('refuses a value of another purpose', () => {
    const secret = openMasterSecret({ current: first })
    const { wrapped, keyId } = secret.wrap('purpose', plain)
    assert.throws(() => secret.unwrap('purposf', wrapped, keyId), MasterSecretError)
    assert.throws(() => secret.unwrap('', wrapped, keyId), MasterSecretError)
  })

  it('refuses every flipped bit, every truncation and every extension', () => {
    const secret = openMasterSecret({ current: first })
    const { wrapped, keyId } = secret.wrap('purpose', plain)
    for (let bit = 0; bit < wrapped.length * 8; bit += 1) {
      const changed = Buffer.from(wrapped)
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      assert.throws(() => secret.unwrap('purpose', changed, keyId), MasterSecretError)
    }
    for (let length = 0; length < wrapped.length; length += 1) {
      const truncated = wrapped.subarray(0, length)
      assert.throws(() => secret.unwrap('purpose', truncated, keyId), MasterSecretError)
    }
    const extended = Buffer.concat([wrapped, Buffer.of(0)])
    assert.throws(() => secret.unwrap('purpose', extended, keyId), MasterSecretError)
  })

  it('wraps the same value differently each time', () => {
    const secret = openMasterSecret({ current: first })
    const wrapped = new Set(
      Array.from({ length: 100 }, () => secret.wrap('purpose', plain).wrapped.toString('hex')),
    )
    assert.equal(wrapped.size, 100)
  })

  it('derives the same key for the same purpose, and unrelated ones for others', () => {
    const secret = openMasterSecret({ current: first })
    const key = secret.derive('cookies')
    assert.ok(openMasterSecret({ current: first }).derive('cookies').equals(key))
    const others = [
      secret.derive('cookie'),
      secret.derive('cookies '),
      openMasterSecret({ current: second }).derive('cookies'),
    ]
    for (const other of others) assert.ok(!other.equals(key))
  })

  it('keeps its derivation: keys and wrapped values outlive versions', () => {
    const secret = openMasterSecret({ current: 'x'.repeat(32) })
    assert.equal(secret.keyId, 'ea49261c07f96ff0')
    const golden = secret.derive('golden').export().toString('hex')
    assert.equal(golden.slice(0, 32), '5c38c8132a53618b727b60c48e4ee481')
    const wrapped = Buffer.from(
      '0101c18814684f887d8843b56fd7c7e6282a37de62cce4518542b6842df17cafc3fe3ea33b',
      'hex',
    )
    assert.equal(secret.unwrap('golden', wrapped, secret.keyId).toString(), 'kept')
  })

  it('refuses a short secret without repeating it', () => {
    const short = 'only 31 characters, one too few'
    assert.throws(
      () => openMasterSecret({ current: short }),
      (error) => error instanceof MasterSecretError && !error.message.includes(short),
    )
    assert.throws(() => openMasterSecret({ current: first, previous: short }), MasterSecretError)
  })
})
