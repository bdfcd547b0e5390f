/**
 * Makes tokens that look like ours, for tests that every one of them is refused.
 *
 * The forger holds our keys where that helps: a token with a right signature must still be refused for what it says.
 */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { ErrorReason } from '@signet/contract'
import { signJws } from '../crypto/jws.ts'
import { SignetError } from '../errors.ts'
import type { ClientId } from '../ids.ts'
import { introspect } from '../oauth/introspect.ts'
import type { ClientCaller } from '../request-context.ts'
import { apiAudience, verifyAccessToken } from '../tokens/access-token.ts'
import { authenticateBearer } from '../tokens/authenticate.ts'
import type { SigningKey } from '../tokens/signing-keys.ts'
import { noTokens } from './clients.ts'
import { openTestDeps, type TestDeps, testContext } from './deps.ts'

type Members = Record<string, unknown>
type Part = string | Buffer | object

export interface Forge {
  es256: SigningKey
  rs256: SigningKey
  /** When tokens were issued, and the time at which they are judged. */
  iat: number
  issuer: string
  audience: string
  goodHeader(): Members
  goodClaims(): Members
  good(): string
  /** Header, claims and signature of a token; of a good one where none is given. */
  parts(token?: string): [string, string, string]
  /** Any header and any claims, under a right signature by our own key. */
  signedByUs(header: Part, claims: Part): string
  withHeader(changes: Members): string
  withClaims(changes: Members): string
  without(claim: string): string
  /** Good claims under a changed header, signed by whoever. */
  signedBy(header: Members, signature: (input: Buffer) => Buffer): string
}

/** What is forged, and the tokens that do it. */
export type Families = Record<string, (forge: Forge) => string[]>

/** When forged tokens are judged. */
export const forgedAt = new Date('2026-11-22T12:00:00Z')

/** One test for each family: all its tokens are refused as UNAUTHENTICATED, for what they are, and introspected as inactive. */
export function refuseForgeries(what: string, families: Families): void {
  describe(what, () => {
    let test: TestDeps
    let forge: Forge
    before(async () => {
      test = await openTestDeps()
      const { signingKeys, config } = test.deps
      forge = openForge({
        es256: signingKeys.active('ES256'),
        rs256: signingKeys.active('RS256'),
        issuer: config.issuer,
        audience: apiAudience(config.issuer),
      })
    })
    after(() => test.close())

    it('passes a good token, so that each refusal has its own cause', () => {
      const { issuer, audience } = forge
      const expected = { now: forgedAt, issuer, audience }
      const claims = verifyAccessToken(test.deps.signingKeys, forge.good(), expected)
      assert.deepEqual(claims, forge.goodClaims())
    })

    for (const [name, tokens] of Object.entries(families)) {
      it(`refuses: ${name}`, async () => {
        const forged = tokens(forge)
        assert.ok(forged.length > 0)
        for (const token of forged) {
          // The log is read between two tokens, or introspection would rightly refuse to say anything.
          await setImmediate()
          const answer = authenticateBearer(test.deps, testContext({ now: forgedAt }), token)
          await assert.rejects(answer, isRefusal, token)
          if (goodElsewhere.has(name) || token === '') continue
          const told = await introspect(
            test.deps,
            { now: forgedAt },
            { client: anyReader, form: formOf(token) },
          )
          assert.equal(told, '{"active":false}', token)
        }
      })
    }
  })
}

/** A resource server that is told of every token. */
const anyReader: ClientCaller = {
  kind: 'client',
  clientId: 'gateway' as ClientId,
  secretId: '019a0000-0000-7000-8000-000000000004',
  rev: 0,
  permissions: new Set(['tokens.introspect']),
  subjectNamespace: undefined,
  resources: new Set(),
  tokens: noTokens,
}

/** Not for Signet's own API, but good for others: of another audience, or of a grant that outlives sessions. */
const goodElsewhere = new Set(['another audience', 'an audience that is no string', 'no sid'])

const formOf = (token: string) => new Map([['token', token]])

/** Refused for what the token is, and not because its session happens not to exist. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof SignetError) || error.reason !== ErrorReason.UNAUTHENTICATED) return false
  return !error.message.includes('not alive')
}

/** A forge with these keys, for tokens of this issuer that are meant for this audience. */
export function openForge(parts: Pick<Forge, 'es256' | 'rs256' | 'issuer' | 'audience'>): Forge {
  const { es256, rs256, issuer, audience } = parts
  const iat = forgedAt.getTime() / 1000
  const forge: Forge = {
    es256,
    rs256,
    iat,
    issuer,
    audience,
    goodHeader: () => ({ alg: 'ES256', typ: 'at+jwt', kid: es256.kid }),
    goodClaims: () => ({
      iss: issuer,
      sub: '019a0000-0000-7000-8000-000000000001',
      aud: audience,
      client_id: 'signet',
      scope: 'signet:api',
      exp: iat + 300,
      iat,
      jti: 'AAAAAAAAAAAAAAAAAAAAAA',
      gid: '019a0000-0000-7000-8000-000000000003',
      sid: '019a0000-0000-7000-8000-000000000002',
      auth_time: iat,
      acr: 'aal1',
      amr: ['pwd'],
      roles: ['user'],
      rev: 0,
    }),
    good: () => forge.withClaims({}),
    parts: (token = forge.good()) => token.split('.') as [string, string, string],
    signedByUs: (header, claims) =>
      sign(header, claims, (input) => signJws('ES256', es256.privateKey, input)),
    withHeader: (changes) =>
      forge.signedByUs({ ...forge.goodHeader(), ...changes }, forge.goodClaims()),
    withClaims: (changes) =>
      forge.signedByUs(forge.goodHeader(), { ...forge.goodClaims(), ...changes }),
    without: (claim) => forge.withClaims({ [claim]: undefined }),
    signedBy: (header, signature) =>
      sign({ ...forge.goodHeader(), ...header }, forge.goodClaims(), signature),
  }
  return forge
}

function sign(header: Part, claims: Part, signature: (input: Buffer) => Buffer): string {
  const input = `${encode(header)}.${encode(claims)}`
  return `${input}.${signature(Buffer.from(input)).toString('base64url')}`
}

/** Base64url of the bytes as they are, or of the JSON of an object. */
export function encode(part: Part): string {
  const isBytes = typeof part === 'string' || Buffer.isBuffer(part)
  return Buffer.from(isBytes ? part : JSON.stringify(part)).toString('base64url')
}
