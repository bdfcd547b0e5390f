import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { describe, it } from 'node:test'
import { compactVerify } from 'jose'
import { type SigningAlgorithm, signJws, verifyJws } from './jws.ts'

const pairs = {
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  EdDSA: generateKeyPairSync('ed25519'),
} as const

for (const algorithm of Object.keys(pairs) as SigningAlgorithm[]) {
  describe(`${algorithm}`, () => {
    const { privateKey, publicKey } = pairs[algorithm]
    const encode = (text: string) => Buffer.from(text).toString('base64url')
    const text = `${encode(JSON.stringify({ alg: algorithm }))}.${encode('payload')}`
    const input = Buffer.from(text)
    const signature = signJws(algorithm, privateKey, input)

    it('is accepted by jose and by us', async () => {
      const compact = `${text}.${signature.toString('base64url')}`
      const { payload } = await compactVerify(compact, publicKey, { algorithms: [algorithm] })
      assert.equal(Buffer.from(payload).toString(), 'payload')
      assert.ok(verifyJws(algorithm, publicKey, { input, signature }))
    })

    it('is refused over another input, as another algorithm, and where it is no signature', () => {
      assert.equal(
        verifyJws(algorithm, publicKey, { input: Buffer.from('other'), signature }),
        false,
      )
      const noSignatures = [
        Buffer.alloc(0),
        Buffer.alloc(64),
        Buffer.alloc(256),
        signature.subarray(1),
      ]
      for (const none of noSignatures) {
        assert.equal(verifyJws(algorithm, publicKey, { input, signature: none }), false)
      }
      for (const [other, pair] of Object.entries(pairs)) {
        if (other === algorithm) continue
        const verified = verifyJws(other as SigningAlgorithm, pair.publicKey, { input, signature })
        assert.equal(verified, false)
      }
    })
  })
}
