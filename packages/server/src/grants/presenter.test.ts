import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { describe, it } from 'node:test'
import { presenterOf } from './presenter.ts'

describe('presenterOf', () => {
  const key = createSecretKey(Buffer.alloc(32, 1))
  const caller = { ipAddress: '192.0.2.7', userAgent: 'Ledger/4.2' }

  it('tells networks, software and grants apart, and nothing else', () => {
    const same = presenterOf(key, { ...caller, ipAddress: '192.0.2.8' })
    assert.deepEqual(same, presenterOf(key, caller))
    assert.equal(same.length, 16)
    for (const [one, another] of [
      ['192.0.2.7', '::ffff:192.0.2.9'],
      ['192.0.2.7', '::ffff:c000:20a'],
      ['2001:db8:1:2::6', '2001:DB8:0001:0002:3:4:5:6'],
      ['fe80::1%eth0', 'fe80::2'],
      ['', ''],
    ] as const)
      assert.deepEqual(
        presenterOf(key, { ...caller, ipAddress: one }),
        presenterOf(key, { ...caller, ipAddress: another }),
        another,
      )
    for (const other of [
      presenterOf(key, { ...caller, ipAddress: '2001:db8:1:2::6' }),
      presenterOf(key, { ...caller, ipAddress: '192.0.3.7' }),
      presenterOf(key, { ...caller, userAgent: 'Ledger/4.3' }),
      presenterOf(createSecretKey(Buffer.alloc(32, 2)), caller),
    ]) {
      assert.notDeepEqual(other, same)
    }
  })
})
