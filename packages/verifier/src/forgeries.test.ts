/**
 * The families of forged tokens that the service refuses, against the verifier: none passes. Where a verifier takes more
 * than the service itself, because other services get other tokens, that is said here, and how many.
 */

import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import type { SigningAlgorithm } from '../../server/src/crypto/jws.ts'
import { type Families, type Forge, forgedAt, openForge } from '../../server/src/testing/forge.ts'
import { forgedClaims } from '../../server/src/testing/forged-claims.ts'
import { forgedEncodings } from '../../server/src/testing/forged-encodings.ts'
import { forgedHeaders } from '../../server/src/testing/forged-headers.ts'
import { forgedSignatures } from '../../server/src/testing/forged-signatures.ts'
import { VerificationError } from './refusal.ts'
import { movableClock } from './testing/conditions.ts'
import { openScriptedIssuer, type ScriptedIssuer } from './testing/scripted-issuer.ts'
import { createVerifier, type Verifier } from './verifier.ts'

const clientsForThemselves = 'a client that acts for itself has none'
const opaque = 'it is compared and nothing else; other services may have other subjects'

const taken: Record<string, { count: number; because: string }> = {
  'no gid': { count: 1, because: clientsForThemselves },
  'no sid': { count: 1, because: clientsForThemselves },
  'no scope': { count: 1, because: 'RFC 9068 §2.2.3: where scopes were asked for' },
  'no auth_time': { count: 1, because: clientsForThemselves },
  'no acr': { count: 1, because: clientsForThemselves },
  'no amr': { count: 1, because: clientsForThemselves },
  'no roles': { count: 1, because: clientsForThemselves },
  'an audience that is no string': { count: 2, because: 'RFC 7519 §4.1.3: it may be a list' },
  'a time before which it is not valid': { count: 1, because: 'that time is over' },
  'a subject that is no user id': { count: 3, because: opaque },
  'a subject that is a statement': { count: 3, because: opaque },
  'a session id that is none': { count: 3, because: opaque },
}

let issuer: ScriptedIssuer
let verifier: Verifier
let forge: Forge
before(async () => {
  const clock = movableClock()
  // Time stands still, so that every family is judged at the same moment.
  clock.wallMs = () => forgedAt.getTime()
  clock.monotonicMs = () => 0
  issuer = await openScriptedIssuer({ clock })
  const pairs = {
    es256: keyOf('ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' })),
    rs256: keyOf('RS256', generateKeyPairSync('rsa', { modulusLength: 2048 })),
  }
  issuer.keys = Object.values(pairs).map(({ kid, algorithm, publicKey }) => ({
    ...publicKey.export({ format: 'jwk' }),
    kid,
    alg: algorithm,
    use: 'sig',
  }))
  forge = openForge({ ...pairs, issuer: issuer.url, audience: issuer.audience })
  verifier = createVerifier({
    issuer: issuer.url,
    audience: issuer.audience,
    client: issuer.client,
    clock,
    algorithms: ['ES256', 'RS256'],
    freshness: 'allow',
  })
  await verifier.ready()
})
after(async () => {
  verifier.close()
  await issuer.stop()
})

type Pair = Pick<Forge['es256'], 'publicKey' | 'privateKey'>

const keyOf = (algorithm: SigningAlgorithm, { publicKey, privateKey }: Pair) => ({
  kid: `Key-${algorithm}`,
  algorithm,
  publicKey,
  privateKey,
})

/** Whether it passes; anything but a refusal of the token itself is a failure. */
async function passes(token: string): Promise<boolean> {
  try {
    await verifier.verify(token)
    return true
  } catch (error) {
    assert.ok(error instanceof VerificationError, String(error))
    assert.equal(error.status, 401, `${error.reason}: ${token}`)
    return false
  }
}

test('a good token passes, so that each refusal has its own cause', async () => {
  assert.ok(await passes(forge.good()))
})

for (const families of [forgedClaims, forgedEncodings, forgedHeaders, forgedSignatures]) {
  describe('forged tokens', () => refuse(families))
}

function refuse(families: Families): void {
  for (const [name, tokens] of Object.entries(families)) {
    const { count, because } = taken[name] ?? { count: 0, because: '' }
    test(`${name}${count > 0 ? `, of which ${count} pass: ${because}` : ''}`, async () => {
      const forged = tokens(forge)
      const passed: string[] = []
      for (const token of forged) if (await passes(token)) passed.push(token)
      assert.equal(passed.length, count, passed.join('\n'))
    })
  }
}

test('every exception is for a family that exists', () => {
  const names = [forgedClaims, forgedEncodings, forgedHeaders, forgedSignatures].flatMap(
    Object.keys,
  )
  for (const name of Object.keys(taken)) assert.ok(names.includes(name), name)
})

test('a token that is bound to a key is no bearer token (RFC 9449 §7.2)', async () => {
  const token = forge.withClaims({ cnf: { jkt: 'AAAA' } })
  await assert.rejects(verifier.verify(token), { reason: 'sender_constrained', status: 401 })
})
