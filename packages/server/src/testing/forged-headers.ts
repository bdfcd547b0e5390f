/** Tokens that are forged in what stands in the header. */

import { encode, type Families } from './forge.ts'

export const forgedHeaders: Families = {
  // Type.
  'the type of another token': ({ withHeader }) =>
    ['JWT', 'jwt', 'id+jwt', 'logout+jwt', 'dpop+jwt', 'secevent+jwt', 'rt+jwt'].map((typ) =>
      withHeader({ typ }),
    ),
  'another spelling of the type': ({ withHeader }) =>
    ['AT+JWT', 'at+JWT', ' at+jwt', 'at+jwt ', 'at+jwt\u0000', 'application/at+jwt;x=y'].map(
      (typ) => withHeader({ typ }),
    ),
  'no type': ({ es256, signedByUs, withHeader, goodClaims }) => [
    signedByUs({ alg: 'ES256', kid: es256.kid }, goodClaims()),
    ...[null, 7, ['at+jwt'], {}].map((typ) => withHeader({ typ })),
  ],

  // Header.
  'a critical extension': ({ iat, withHeader }) => [
    withHeader({ crit: ['exp'], exp: iat + 300 }),
    withHeader({ crit: ['b64'], b64: true }),
    withHeader({ crit: [] }),
    withHeader({ crit: ['http://example.com/UNDEFINED'] }),
  ],
  'an unencoded payload': ({ withHeader }) => [
    withHeader({ b64: false }),
    withHeader({ b64: false, crit: ['b64'] }),
  ],
  'a compressed payload': ({ withHeader }) => [withHeader({ zip: 'DEF' })],
  'a nested token': ({ good, signedByUs, withHeader, goodHeader }) => [
    withHeader({ cty: 'JWT' }),
    signedByUs(goodHeader(), good()),
  ],
  'an encrypted token': ({ withHeader }) => [
    withHeader({ enc: 'A256GCM' }),
    `${encode({ alg: 'dir', enc: 'A256GCM' })}..AAAA.AAAA.AAAA`,
  ],
  'any further header member': ({ withHeader }) => [
    withHeader({ x: 1 }),
    withHeader({ nonce: 'n' }),
  ],
  'a header member twice': ({ es256, signedByUs, goodClaims }) => {
    const { kid } = es256
    const texts = [
      `{"alg":"none","alg":"ES256","typ":"at+jwt","kid":"${kid}"}`,
      `{"alg":"ES256","alg":"none","typ":"at+jwt","kid":"${kid}"}`,
      `{"alg":"ES256","typ":"JWT","typ":"at+jwt","kid":"${kid}"}`,
      `{"alg":"ES256","typ":"at+jwt","kid":"x","kid":"${kid}"}`,
    ]
    return texts.map((text) => signedByUs(text, goodClaims()))
  },
  'a prototype in the header': ({ es256, signedByUs, goodClaims }) => [
    signedByUs(`{"__proto__":{"alg":"ES256"},"typ":"at+jwt","kid":"${es256.kid}"}`, goodClaims()),
    signedByUs(`{"__proto__":{"alg":"ES256","typ":"at+jwt","kid":"${es256.kid}"}}`, goodClaims()),
    signedByUs(
      `{"alg":"ES256","typ":"at+jwt","kid":"${es256.kid}","constructor":{"prototype":{}}}`,
      goodClaims(),
    ),
  ],
  'a header that is no object': ({ signedByUs, goodClaims }) =>
    ['', 'null', 'true', '7', '"ES256"', '[]', '[{"alg":"ES256"}]', '{', '}', 'alg=ES256'].map(
      (text) => signedByUs(text, goodClaims()),
    ),
  'a header in another spelling': ({ signedByUs, goodHeader, goodClaims }) => {
    const text = JSON.stringify(goodHeader())
    const spellings = [
      ` ${text}`,
      `${text}\n`,
      text.replace(',', ', '),
      text.replace('ES256', '\\u0045S256'),
      `\ufeff${text}`,
      `${text}\u0000`,
      `${text}{}`,
    ]
    return spellings.map((spelling) => signedByUs(spelling, goodClaims()))
  },
  'a header in invalid UTF-8 or UTF-16': ({ signedByUs, goodHeader, goodClaims }) => {
    const text = JSON.stringify(goodHeader())
    return [
      signedByUs(Buffer.concat([Buffer.from(text), Buffer.of(0xff)]), goodClaims()),
      signedByUs(Buffer.from(text.replace('at+jwt', 'at+jw\u00ff'), 'latin1'), goodClaims()),
      signedByUs(Buffer.from(text, 'utf16le'), goodClaims()),
    ]
  },
  'a header nested without end': ({ signedByUs, goodClaims }) => [
    signedByUs('['.repeat(3000), goodClaims()),
    signedByUs(`${'{"a":'.repeat(900)}1${'}'.repeat(900)}`, goodClaims()),
    signedByUs('[]'.repeat(2000), goodClaims()),
  ],
}
