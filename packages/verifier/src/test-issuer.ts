/**
 * An issuer in memory, for tests of services that are protected by a verifier: it mints tokens, revokes them, can be cut
 * off, and its clock moves when you say so. The verifier is the real one; only the network and the time are not.
 *
 *     const issuer = createTestIssuer()
 *     const verifier = createVerifier({ ...issuer.verifierOptions, audience: 'https://api.example.com' })
 *     const token = issuer.mint({ audience: 'https://api.example.com', scope: 'invoices.read' })
 *     issuer.revoke({ session: token.claims.sid })
 *
 * It answers what a verifier asks: keys, feed, reports of positions, introspection. Its keys are made anew each time, so no
 * real verifier accepts its tokens.
 */

import { generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'
import type { AccessTokenClaims } from './claims.ts'
import type { Clock } from './clock.ts'
import type { VerifierOptions } from './options.ts'
import { openTestLog, type RevocationTarget } from './test-log.ts'

export interface MintInput {
  audience: string
  /** Space-delimited. */
  scope?: string
  roles?: readonly string[]
  subject?: string
  clientId?: string
  /** Seconds; 300 unless given. */
  lifetimeSeconds?: number
  /** Claims to add or to replace; one that is `undefined` is left out. */
  claims?: Record<string, unknown>
}

export interface MintedToken {
  accessToken: string
  claims: AccessTokenClaims
  /** The value of an Authorization header. */
  authorization: string
}

export interface TestIssuer {
  issuer: string
  /** Everything that a verifier needs, but the audience. */
  verifierOptions: Pick<VerifierOptions, 'issuer' | 'client' | 'fetch' | 'clock'>
  mint(input: MintInput): MintedToken
  /** Ends what the target names. Verifiers know it as soon as they get to run. */
  revoke(target: RevocationTarget): void
  /** Moves the clock of issuer and verifiers. */
  advance(seconds: number): void
  /** Ends every connection and refuses new ones, until `restore`. */
  cutOff(): void
  restore(): void
  /** Answers a request as the issuer does; to be served over HTTP, if you like. */
  handle(request: Request): Promise<Response>
  /** Ends every connection. */
  close(): void
}

const testClient = { id: 'test-service', secret: 'a secret of the test issuer' }

export function createTestIssuer({ issuer = 'https://issuer.test' } = {}): TestIssuer {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const kid = randomUUID()
  let aheadMs = 0
  let reachable = true
  const clock: Clock = {
    wallMs: () => Date.now() + aheadMs,
    monotonicMs: () => performance.now() + aheadMs,
  }
  const log = openTestLog(issuer, clock)

  async function handle(request: Request): Promise<Response> {
    if (!reachable) throw new TypeError('the test issuer is cut off')
    const { pathname } = new URL(request.url)
    switch (pathname) {
      case '/.well-known/jwks.json':
        return Response.json({ keys: [publishedKey(publicKey, kid)] })
      case '/api/v1/revocations/watch':
        return log.watch(request)
      case '/api/v1/revocations/report-position':
        return Response.json({})
      case '/oauth2/introspect':
        return Response.json({ active: log.isActive(await tokenOf(request)) })
      default:
        return Response.json({ title: 'Not found', status: 404 }, { status: 404 })
    }
  }

  const fetchHere: typeof fetch = (input, init) => handle(new Request(input, init))
  return {
    issuer,
    verifierOptions: { issuer, client: testClient, fetch: fetchHere, clock },
    mint: (input) =>
      mint(input, { issuer, kid, privateKey, nowMs: clock.wallMs(), rev: log.position() }),
    revoke: log.revoke,
    advance(seconds) {
      aheadMs += seconds * 1000
      log.beat()
    },
    cutOff() {
      reachable = false
      log.disconnect()
    },
    restore() {
      reachable = true
    },
    handle,
    close: log.disconnect,
  }
}

interface MintingParts {
  issuer: string
  kid: string
  privateKey: KeyObject
  nowMs: number
  rev: number
}

function mint(
  input: MintInput,
  { issuer, kid, privateKey, nowMs, rev }: MintingParts,
): MintedToken {
  const iat = Math.floor(nowMs / 1000)
  const claims = {
    iss: issuer,
    sub: input.subject ?? randomUUID(),
    aud: input.audience,
    client_id: input.clientId ?? 'test-app',
    scope: input.scope ?? '',
    exp: iat + (input.lifetimeSeconds ?? 300),
    iat,
    jti: randomUUID(),
    gid: randomUUID(),
    sid: randomUUID(),
    auth_time: iat,
    acr: 'aal1',
    amr: ['pwd'],
    roles: input.roles ?? [],
    rev,
    ...input.claims,
  }
  const header = { alg: 'ES256', typ: 'at+jwt', kid }
  const signed = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  const signature = sign('sha256', Buffer.from(signed), {
    key: privateKey,
    dsaEncoding: 'ieee-p1363',
  })
  const accessToken = `${signed}.${signature.toString('base64url')}`
  return { accessToken, claims, authorization: `Bearer ${accessToken}` }
}

function publishedKey(publicKey: KeyObject, kid: string) {
  return { ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' }
}

/** The claims of the token that an introspection is about; it is trusted to be one of ours. */
async function tokenOf(request: Request): Promise<AccessTokenClaims> {
  const text = new URLSearchParams(await request.text()).get('token') ?? ''
  const claims = Buffer.from(text.split('.')[1] ?? '', 'base64url').toString()
  return JSON.parse(claims) as AccessTokenClaims
}
