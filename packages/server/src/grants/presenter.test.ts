import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { describe, it } from 'node:test'
import { networkOf, presenterOf } from './presenter.ts'

describe('networkOf', () => {
  for (const [address, network] of [
    ['192.0.2.7', '192.0.2.0/24'],
    ['192.0.2.255', '192.0.2.0/24'],
    ['::ffff:192.0.2.7', '192.0.2.0/24'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:0001:0002::6', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8:0:0:1::', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['1::3:4:5:6:192.0.2.1', '1:0:3:4::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
    ['', ''],
    ['unix:', 'unix:'],
    ['999.1.1.1', '999.1.1.0/24'],
  ] as const) {
    it(`of ${JSON.stringify(address)} is ${network}`, () => {
      assert.equal(networkOf(address), network)
    })
  }
})

describe('presenterOf', () => {
  const key = createSecretKey(Buffer.alloc(32, 1))
  const caller = { ipAddress: '192.0.2.7', userAgent: 'Ledger/4.2' }

  it('tells networks, software and grants apart, and nothing else', () => {
    const same = presenterOf(key, { ...caller, ipAddress: '192.0.2.8' })
    assert.deepEqual(same, presenterOf(key, caller))
    assert.equal(same.length, 16)
    for (const other of [
      presenterOf(key, { ...caller, ipAddress: '192.0.3.7' }),
      presenterOf(key, { ...caller, userAgent: 'Ledger/4.3' }),
      presenterOf(createSecretKey(Buffer.alloc(32, 2)), caller),
    ]) {
      assert.notDeepEqual(other, same)
    }
  })
})
