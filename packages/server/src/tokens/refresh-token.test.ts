import assert from 'node:assert/strict'
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { describe, it } from 'node:test'
import type { ClientId, GrantId } from '../ids.ts'
import { deriveRefreshToken, parseRefreshToken, verifyRefreshToken } from './refresh-token.ts'

const key = createSecretKey(Buffer.alloc(32, 7))
const issuer = 'https://id.example.com'
const clientId = 'signet' as ClientId
const grantId = '019a0000-0000-7000-8000-00000000abcd' as GrantId
const subject = { issuer, clientId, grantId, generation: 3 }
const token = deriveRefreshToken(key, subject)

interface Circumstances {
  key?: KeyObject
  issuer?: string
  clientId?: string
}

function isGood(text: string, changes: Circumstances = {}): boolean {
  const presented = parseRefreshToken(text)
  if (presented === undefined) return false
  const expected = {
    issuer: changes.issuer ?? issuer,
    clientId: (changes.clientId ?? clientId) as ClientId,
  }
  return verifyRefreshToken(changes.key ?? key, presented, expected)
}

describe('a refresh token', () => {
  it('is exactly this', () => {
    const text = (value: string) =>
      Buffer.concat([Buffer.of(0, 0, 0, value.length), Buffer.from(value, 'ascii')])
    const place = Buffer.from('019a000000007000800000000000abcd00000003', 'hex')
    const mac = createHmac('sha256', key)
      .update(Buffer.concat([text('signet refresh token 1'), text(issuer), place, text(clientId)]))
      .digest()
    assert.equal(token, `sr1_${Buffer.concat([place, mac]).toString('base64url')}`)
    assert.equal(token.length, 74)
  })

  it('says which grant and generation, and is good where it was derived', () => {
    const { mac: _, ...presented } = parseRefreshToken(token) ?? assert.fail()
    assert.deepEqual(presented, { grantId, generation: 3 })
    assert.ok(isGood(token))
    const highest = deriveRefreshToken(key, { ...subject, generation: 0xffffffff })
    assert.equal(parseRefreshToken(highest)?.generation, 0xffffffff)
  })

  it('is no good with any single bit flipped', () => {
    const bytes = Buffer.from(token.slice('sr1_'.length), 'base64url')
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes)
      flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      assert.ok(!isGood(`sr1_${flipped.toString('base64url')}`), `bit ${bit}`)
    }
  })

  it('is no good cut short, drawn out, or in another spelling', () => {
    for (let length = 0; length < token.length; length++) {
      assert.ok(!isGood(token.slice(0, length)), `${length} characters`)
      assert.ok(!isGood(token.slice(length + 1)), `without the first ${length + 1}`)
    }
    const bytes = Buffer.from(token.slice('sr1_'.length), 'base64url')
    const last = token.at(-1) ?? ''
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    for (const text of [
      `${token}A`,
      `${token}=`,
      `${token}==`,
      ` ${token}`,
      `${token}\n`,
      `${token}${token}`,
      `sr1_${bytes.toString('base64')}`,
      `sr1_${bytes.toString('hex')}`,
      `SR1_${token.slice(4)}`,
      `sr2_${token.slice(4)}`,
      token.slice(4),
      '',
      'sr1_',
      // The last character carries bits that mean nothing; only one spelling of them is taken.
      ...[...alphabet].filter((it) => it !== last).map((it) => token.slice(0, -1) + it),
    ]) {
      assert.ok(!isGood(text), text)
    }
  })

  it('is no good for another issuer, client or key', () => {
    for (const changes of [
      { issuer: 'https://id.example.org' },
      { issuer: `${issuer}/` },
      { issuer: '' },
      { clientId: 'signet2' },
      { clientId: 'Signet' },
      { clientId: '' },
      { key: createSecretKey(Buffer.alloc(32, 8)) },
      { key: createSecretKey(Buffer.alloc(0)) },
    ]) {
      assert.ok(!isGood(token, changes), JSON.stringify(changes))
    }
  })

  it('does not read the same where a text runs over into its neighbour', () => {
    const a = deriveRefreshToken(key, { ...subject, issuer: 'ab', clientId: 'c' as ClientId })
    const b = deriveRefreshToken(key, { ...subject, issuer: 'a', clientId: 'bc' as ClientId })
    const c = deriveRefreshToken(key, { ...subject, issuer: 'abc', clientId: '' as ClientId })
    assert.equal(new Set([a, b, c]).size, 3)
  })
})
