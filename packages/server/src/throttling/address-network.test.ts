import assert from 'node:assert/strict'
import { it } from 'node:test'
import { networkOf } from './address-network.ts'

it('takes every spelling of an IPv6 address for its /64', () => {
  for (const address of [
    '2001:db8:0:1::1',
    '2001:DB8::1:0:0:0:2',
    '2001:0db8:0000:0001:ffff:ffff:ffff:ffff',
    '2001:db8:0:1::',
    '2001:db8:0:1::192.0.2.1',
    '2001:db8:0:1::1%eth0',
  ]) {
    assert.equal(networkOf(address), '2001:db8:0:1::/64', address)
  }
  assert.notEqual(networkOf('2001:db8:0:2::1'), networkOf('2001:db8:0:1::1'))
  assert.equal(networkOf('::1'), '0:0:0:0::/64')
  assert.equal(networkOf('::'), '0:0:0:0::/64')
  assert.equal(networkOf('1::'), '1:0:0:0::/64')
})

it('takes an IPv4 address that is written as IPv6 for the IPv4 address', () => {
  for (const address of [
    '192.0.2.200',
    '::ffff:192.0.2.200',
    '::FFFF:c000:2c8',
    '0:0:0:0:0:ffff:192.0.2.200',
    '0000:0000:0000:0000:0000:ffff:c000:02c8',
  ]) {
    assert.equal(networkOf(address), '192.0.2.200', address)
  }
  assert.notEqual(networkOf('::ffff:192.0.2.201'), '192.0.2.200')
})

it('leaves alone what is no address', () => {
  for (const text of ['', 'unix:', 'localhost']) assert.equal(networkOf(text), text)
})
