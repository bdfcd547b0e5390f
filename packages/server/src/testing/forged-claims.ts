/** Tokens that are forged in what they say. */

import { encode, type Families, type Forge } from './forge.ts'

const requiredClaims =
  'iss sub aud client_id scope exp iat jti gid sid auth_time acr amr roles rev'.split(' ')

export const forgedClaims: Families = {
  ...Object.fromEntries(
    requiredClaims.map((name) => [`no ${name}`, ({ without }: Forge) => [without(name)]]),
  ),
  'another issuer': ({ issuer, withClaims }) => {
    const others = [
      `${issuer}/`,
      issuer.toUpperCase(),
      `${issuer}.example`,
      issuer.slice(0, -1),
      '',
    ]
    return others.map((iss) => withClaims({ iss }))
  },
  'an issuer that is no string': ({ issuer, withClaims }) =>
    [null, 7, [issuer], {}].map((iss) => withClaims({ iss })),
  'another audience': ({ issuer, audience, withClaims }) => {
    const others = [
      issuer,
      'signet',
      `${audience}/`,
      `${audience}/v1`,
      audience.slice(0, -1),
      audience.toUpperCase(),
      ` ${audience}`,
      `${audience} https://other.example`,
      '*',
      '',
    ]
    return others.map((aud) => withClaims({ aud }))
  },
  'an audience that is no string': ({ audience, withClaims }) => {
    const others = [null, 7, [], [audience], [audience, 'https://other.example'], { 0: audience }]
    return others.map((aud) => withClaims({ aud }))
  },
  'an expiry that is over': ({ iat, withClaims }) =>
    [iat, iat - 1, iat - 11, 0, 1].map((exp) => withClaims({ exp })),
  'an expiry that is no whole number': ({
    iat,
    signedByUs,
    withClaims,
    goodHeader,
    goodClaims,
  }) => [
    ...[-1, iat + 300.5, String(iat + 300), null, true, [iat + 300], {}, ''].map((exp) =>
      withClaims({ exp }),
    ),
    ...['1e400', '-1e400', '9007199254740993', '1e30', 'NaN', 'Infinity', '0x7fffffff', '01'].map(
      (number) =>
        signedByUs(
          goodHeader(),
          JSON.stringify(goodClaims()).replace(`"exp":${iat + 300}`, `"exp":${number}`),
        ),
    ),
  ],
  'issued in the future': ({ iat, withClaims }) =>
    [iat + 61, iat + 3600, 1e12].map((at) => withClaims({ iat: at })),
  'issued at no whole number': ({ iat, withClaims }) =>
    [-1, iat + 0.5, String(iat), null, [iat]].map((at) => withClaims({ iat: at })),
  'a time before which it is not valid': ({ iat, withClaims }) =>
    [iat + 61, iat - 61, 'x', null].map((nbf) => withClaims({ nbf })),
  'a subject that is no user id': ({ withClaims }) =>
    [
      '',
      'ada@example.com',
      '*',
      null,
      7,
      ['019a0000-0000-7000-8000-000000000001'],
      '1'.repeat(36),
    ].map((sub) => withClaims({ sub })),
  'a subject that is a statement': ({ withClaims }) =>
    ["' or true --", '019a0000-0000-7000-8000-000000000001\u0000', "1'::uuid"].map((sub) =>
      withClaims({ sub }),
    ),
  'a session id that is none': ({ withClaims }) =>
    [
      '',
      null,
      0,
      'x',
      '019A0000-0000-7000-8000-000000000002',
      '019a0000000070008000000000000002',
    ].map((sid) => withClaims({ sid })),
  'a client id that is no string': ({ withClaims }) =>
    ['', null, 7, ['signet'], {}].map((id) => withClaims({ client_id: id })),
  'a scope that is no string': ({ withClaims }) =>
    [null, 7, ['signet:api'], {}].map((scope) => withClaims({ scope })),
  'a token id that is no string': ({ withClaims }) =>
    ['', null, 7, []].map((jti) => withClaims({ jti })),
  'an authentication time that is none': ({ withClaims }) =>
    [-1, null, 'x', 1.5, '1e9'].map((at) => withClaims({ auth_time: at })),
  'methods that are no list of names': ({ withClaims }) =>
    [null, 'pwd', {}, [null], [''], [['pwd']]].map((amr) => withClaims({ amr })),
  'roles that are no list of names': ({ withClaims }) =>
    [null, 'administrator', {}, [7], [''], { length: 1 }].map((roles) => withClaims({ roles })),
  'a position that is none': ({ withClaims }) =>
    [null, -1, 0.5, '0', [0], {}].map((rev) => withClaims({ rev })),
  'a claim twice': ({ iat, signedByUs, goodHeader, goodClaims }) => {
    const text = JSON.stringify(goodClaims())
    return [
      text.replace('"exp"', `"exp":${iat + 9000},"exp"`),
      text.replace('}', `,"sub":"019a0000-0000-7000-8000-00000000000f"}`),
    ].map((twice) => signedByUs(goodHeader(), twice))
  },
  'claims from a prototype': ({ signedByUs, goodHeader, goodClaims }) => {
    const claims = JSON.stringify(goodClaims())
    return [signedByUs(goodHeader(), `{"__proto__":${claims}}`)]
  },
  'claims that are no object': ({ signedByUs, goodHeader, goodClaims }) =>
    ['', 'null', '7', '"x"', '[]', `[${JSON.stringify(goodClaims())}]`, '{'].map((text) =>
      signedByUs(goodHeader(), text),
    ),
  'claims in another spelling': ({ signedByUs, goodHeader, goodClaims }) => {
    const text = JSON.stringify(goodClaims())
    const spellings = [` ${text}`, `${text} `, `\ufeff${text}`, `${text}\u0000`, `${text},`]
    return spellings.map((spelling) => signedByUs(goodHeader(), spelling))
  },
  'claims in invalid UTF-8': ({ signedByUs, goodHeader, goodClaims }) => {
    const bytes = Buffer.from(JSON.stringify(goodClaims()).replace('pwd', 'p\u00ffd'), 'latin1')
    return [signedByUs(goodHeader(), bytes)]
  },
  'claims of another token under its signature': ({ parts, goodClaims }) => {
    const [header, , signature] = parts()
    return [`${header}.${encode({ ...goodClaims(), roles: ['administrator'] })}.${signature}`]
  },
}
