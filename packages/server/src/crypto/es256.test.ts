import assert from 'node:assert/strict'
import { generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto'
import { describe, it } from 'node:test'
import { derToJose, joseToDer, signEs256, verifyEs256 } from './es256.ts'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jose = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const
const input = Buffer.from('what is signed')
const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex')

describe('signEs256', () => {
  it('agrees with OpenSSL in the JOSE form, over many signatures', () => {
    for (let i = 0; i < 500; i += 1) {
      const message = randomBytes(1 + (i % 64))
      const ours = signEs256(privateKey, message)
      assert.equal(ours.length, 64)
      assert.ok(verify('sha256', message, { key: publicKey, dsaEncoding: 'ieee-p1363' }, ours))
      assert.ok(verifyEs256(publicKey, message, sign('sha256', message, jose)))
    }
  })
})

describe('verifyEs256', () => {
  it('refuses every other length', () => {
    const signature = signEs256(privateKey, input)
    for (const length of [0, 1, 32, 63]) {
      assert.equal(verifyEs256(publicKey, input, signature.subarray(0, length)), false)
    }
    assert.equal(verifyEs256(publicKey, input, Buffer.concat([signature, Buffer.of(0)])), false)
    assert.equal(verifyEs256(publicKey, input, sign('sha256', input, privateKey)), false)
  })

  it('refuses zero, the order of the curve and more, without throwing', () => {
    const signature = signEs256(privateKey, input)
    const zero = Buffer.alloc(32)
    const most = Buffer.alloc(32, 0xff)
    const halves = [zero, order, most, signature.subarray(0, 32), signature.subarray(32)]
    for (const r of halves) {
      for (const s of halves) {
        const isGenuine = Buffer.concat([r, s]).equals(signature)
        assert.equal(verifyEs256(publicKey, input, Buffer.concat([r, s])), isGenuine)
      }
    }
  })

  it('refuses every flipped bit', () => {
    const signature = signEs256(privateKey, input)
    for (let bit = 0; bit < 512; bit += 1) {
      const changed = Buffer.from(signature)
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      assert.equal(verifyEs256(publicKey, input, changed), false)
    }
  })
})

describe('derToJose and joseToDer', () => {
  it('are the inverse of each other at the edges of the integers', () => {
    const edges = [
      Buffer.alloc(32),
      Buffer.concat([Buffer.alloc(31), Buffer.of(1)]),
      Buffer.concat([Buffer.alloc(31), Buffer.of(0x80)]),
      Buffer.concat([Buffer.of(0x7f), Buffer.alloc(31, 0xff)]),
      Buffer.concat([Buffer.of(0x80), Buffer.alloc(31)]),
      Buffer.alloc(32, 0xff),
    ]
    for (const r of edges) {
      for (const s of edges) {
        const both = Buffer.concat([r, s])
        assert.deepEqual(derToJose(joseToDer(both)), both)
      }
    }
  })

  const refusals = {
    empty: '',
    'no sequence': '3106020101020101',
    'a length that lies': '3007020101020101',
    'trailing bytes': '300602010102010100',
    'a long-form length': '308106020101020101',
    'one integer': '3003020101',
    'three integers': '3009020101020101020101',
    'an empty integer': '30050200020101',
    'a negative integer': '3006020180020101',
    'a needlessly padded integer': '300702020001020101',
    'an integer that runs over': '3006020501020101',
    'an integer of 257 bits': `3026022101${'00'.repeat(32)}020101`,
    'a string for an integer': '3006040101020101',
  }
  for (const [what, hex] of Object.entries(refusals)) {
    it(`refuses ${what}`, () => {
      assert.throws(() => derToJose(Buffer.from(hex, 'hex')), /not a DER signature/)
    })
  }
})
