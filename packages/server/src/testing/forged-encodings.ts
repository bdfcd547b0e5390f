/** Tokens that are forged in how they are written. */

import type { Families } from './forge.ts'

function flips(bytes: Buffer): Buffer[] {
  return Array.from({ length: bytes.length * 8 }, (_, bit) => {
    const flipped = Buffer.from(bytes)
    flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
    return flipped
  })
}

export const forgedEncodings: Families = {
  'no token': () => ['', ' ', '.', '..', '...', 'null', 'undefined', 'Bearer', '\u0000'],
  'not three parts': ({ parts }) => {
    const [header, claims, signature] = parts()
    return [
      header,
      `${header}.${claims}`,
      `${header}.${claims}.${signature}.`,
      `.${header}.${claims}.${signature}`,
      `${header}.${claims}.${signature}.${signature}`,
      `${header}..${claims}.${signature}`,
    ]
  },
  'an empty part': ({ parts }) => {
    const [header, claims, signature] = parts()
    return [`.${claims}.${signature}`, `${header}..${signature}`, `${header}.${claims}.`]
  },
  padding: ({ parts }) => {
    const [header, claims, signature] = parts()
    return [
      `${header}=.${claims}.${signature}`,
      `${header}.${claims}=.${signature}`,
      `${header}.${claims}.${signature}==`,
    ]
  },
  'white space': ({ good }) => [
    ` ${good()}`,
    `${good()} `,
    `${good()}\n`,
    good().replace('.', '. '),
    good().replace('.', '\r\n.'),
  ],
  'letters outside the alphabet': ({ good }) =>
    ['*', '+', '/', '%', '\u0000', 'é', '😀', ','].flatMap((letter) => [
      `${letter}${good()}`,
      `${good()}${letter}`,
    ]),
  'standard base64': ({ parts }) => {
    const [header, claims, signature] = parts()
    return [Buffer.from(signature, 'base64url').toString('base64')].map(
      (standard) => `${header}.${claims}.${standard}`,
    )
  },
  'stray bits at the end of a part': ({ parts }) => {
    const [header, claims, signature] = parts()
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const last = alphabet.indexOf(signature.slice(-1))
    return [1, 2, 3].map(
      (bits) => `${header}.${claims}.${signature.slice(0, -1)}${alphabet[last ^ bits]}`,
    )
  },
  'full-width letters': ({ good }) => [good().replace('e', 'ｅ')],
  'the JSON serialisation': ({ parts }) => {
    const [header, claims, signature] = parts()
    return [JSON.stringify({ protected: header, payload: claims, signature })]
  },
  'a token longer than any': ({ good, withClaims }) => [
    withClaims({ padding: 'x'.repeat(8192) }),
    good() + 'A'.repeat(8192),
    'A'.repeat(1_000_000),
    '.'.repeat(100_000),
    `${'A'.repeat(5000)}.`.repeat(3),
  ],

  // Damage.
  'every truncation': ({ good }) => {
    const token = good()
    return Array.from({ length: token.length }, (_, length) => token.slice(0, length))
  },
  'every truncation from the left': ({ good }) => {
    const token = good()
    return Array.from({ length: token.length - 1 }, (_, start) => token.slice(start + 1))
  },
  'every flipped bit of the signature': ({ parts }) => {
    const [header, claims, signature] = parts()
    return flips(Buffer.from(signature, 'base64url')).map(
      (flipped) => `${header}.${claims}.${flipped.toString('base64url')}`,
    )
  },
  'every flipped bit of the claims': ({ parts }) => {
    const [header, claims, signature] = parts()
    return flips(Buffer.from(claims, 'base64url')).map(
      (flipped) => `${header}.${flipped.toString('base64url')}.${signature}`,
    )
  },
  'every flipped bit of the header': ({ parts }) => {
    const [header, claims, signature] = parts()
    return flips(Buffer.from(header, 'base64url')).map(
      (flipped) => `${flipped.toString('base64url')}.${claims}.${signature}`,
    )
  },
  'a signature of zeros, ones, or another length': ({ parts }) => {
    const [header, claims] = parts()
    const signatures = [
      Buffer.alloc(64),
      Buffer.alloc(64, 0xff),
      Buffer.alloc(63, 1),
      Buffer.alloc(65, 1),
    ]
    signatures.push(
      Buffer.alloc(32, 1),
      Buffer.alloc(0),
      Buffer.alloc(256, 1),
      Buffer.alloc(4000, 1),
    )
    return signatures.map((signature) => `${header}.${claims}.${signature.toString('base64url')}`)
  },
  'the halves of the signature exchanged': ({ parts }) => {
    const [header, claims, signature] = parts()
    const bytes = Buffer.from(signature, 'base64url')
    const exchanged = Buffer.concat([bytes.subarray(32), bytes.subarray(0, 32)])
    return [`${header}.${claims}.${exchanged.toString('base64url')}`]
  },
  'the signature of another token': ({ parts, withClaims }) => {
    const [header, claims] = parts()
    return [`${header}.${claims}.${parts(withClaims({ jti: 'other' }))[2]}`]
  },
  'parts in another order': ({ parts }) => {
    const [header, claims, signature] = parts()
    return [`${claims}.${header}.${signature}`, `${signature}.${claims}.${header}`]
  },
}
