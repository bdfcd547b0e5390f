import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ErrorReason } from '@signet/contract'
import { parseAuthorization } from './authorization-header.ts'
import { SignetError } from './errors.ts'

const basicOf = (text: string | Buffer) => `Basic ${Buffer.from(text).toString('base64')}`

function assertRefused(header: string, challenge: 'basic' | undefined): void {
  assert.throws(
    () => parseAuthorization(header),
    (error) =>
      error instanceof SignetError &&
      error.reason === ErrorReason.UNAUTHENTICATED &&
      error.challenge === challenge,
    header,
  )
}

describe('the Authorization header', () => {
  test('is missing or empty', () => {
    assert.equal(parseAuthorization(undefined), undefined)
    assert.equal(parseAuthorization(''), undefined)
  })

  test('holds a bearer token, in any letter case of the scheme', () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER  '])
      assert.deepEqual(parseAuthorization(`${scheme} a.b-c`), { scheme: 'bearer', token: 'a.b-c' })
  })

  test('holds id and secret, form-urlencoded before they are joined (RFC 6749 §2.3.1)', () => {
    const cases: [text: string, clientId: string, clientSecret: string][] = [
      ['ledger:sk_x', 'ledger', 'sk_x'],
      ['a%20b:c%3Ad', 'a b', 'c:d'],
      ['a+b:c+d', 'a b', 'c d'],
      ['a:b:c', 'a', 'b:c'],
      ['%C3%BC:x', 'ü', 'x'],
    ]
    for (const [text, clientId, clientSecret] of cases)
      assert.deepEqual(parseAuthorization(basicOf(text)), {
        scheme: 'basic',
        clientId,
        clientSecret,
      })
    const unpadded = basicOf('ledger:sk_x').replace(/=+$/, '')
    assert.equal(parseAuthorization(unpadded)?.scheme, 'basic')
    assert.equal(parseAuthorization(basicOf('a:b').replace('Basic', 'bASIC'))?.scheme, 'basic')
  })

  test('holds nothing of the kind', () => {
    for (const header of ['Bearer', 'Bearer ', 'Bearer a b', 'Digest x', 'Basically eDp5', ' '])
      assertRefused(header, undefined)
    const malformed = [
      'Basic',
      'Basic ',
      'Basic a b',
      'Basic !!!!',
      basicOf('no colon'),
      basicOf(':secret'),
      basicOf('id:'),
      basicOf('id:%'),
      basicOf('id:%ff'),
      basicOf(Buffer.from([0x61, 0x3a, 0xff])),
      // Stray bits, a length that no encoder makes, the other alphabet.
      'Basic YTpi1',
      'Basic YTpjZ',
      'Basic YTp_Pz8_',
      `${basicOf('a:b')}, Bearer x`,
    ]
    for (const header of malformed) assertRefused(header, 'basic')
  })
})
