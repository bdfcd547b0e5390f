/** An OpenID provider that lies, stalls and babbles as it is told; where it is told nothing, it is a good one. */

import { createHmac, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { CompactSign } from 'jose'
import { listen, sendJson } from './listen.ts'

type Claims = Record<string, unknown>

export interface Hostility {
  /** Of the ID token; undefined takes one away. */
  claims: Claims
  header: Claims
  /** Makes the whole token of header and claims, where it is not signed as it should be. */
  forge?: (header: Claims, claims: Claims) => Promise<string> | string
  userinfo: Claims
  discovery: Claims
  /** Beside, or instead of, what the token endpoint should say. */
  token: Claims
  /** Answers a path itself. */
  answers: Record<string, (response: ServerResponse) => void>
}

export interface HostileIssuer {
  issuer: string
  clientId: string
  clientSecret: string
  acts: Hostility
  /** The key that it publishes. */
  key: KeyObject
  kid: string
  /** Paths that were asked, in order. */
  asked: string[]
  /** Signs with the key that it publishes. */
  sign(header: Claims, claims: Claims): Promise<string>
  close(): Promise<void>
}

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })

export const peaceful = (): Hostility => ({
  claims: {},
  header: {},
  userinfo: {},
  discovery: {},
  token: {},
  answers: {},
})

export async function openHostileIssuer(): Promise<HostileIssuer> {
  const opened: HostileIssuer = {
    issuer: '',
    clientId: 'signet',
    clientSecret: 'secret of the hostile issuer',
    acts: peaceful(),
    key: publicKey,
    kid: randomUUID(),
    asked: [],
    sign: (header, claims) =>
      new CompactSign(Buffer.from(JSON.stringify(claims)))
        .setProtectedHeader({ alg: 'RS256', ...header })
        .sign(privateKey),
    close: async () => {},
  }
  const server = await listen(async (request, response) => {
    const { pathname } = new URL(request.url ?? '', opened.issuer)
    opened.asked.push(pathname)
    const { acts } = opened
    const own = acts.answers[pathname]
    if (own !== undefined) return own(response)
    if (pathname === '/.well-known/openid-configuration')
      return sendJson(response, 200, discoveryOf(opened))
    if (pathname === '/keys')
      return sendJson(response, 200, {
        keys: [{ ...publicKey.export({ format: 'jwk' }), kid: opened.kid, use: 'sig' }],
      })
    if (pathname === '/userinfo')
      return sendJson(response, 200, { sub: 'ada', email: 'ada@example.com', ...acts.userinfo })
    if (pathname === '/token')
      return sendJson(response, 200, {
        access_token: 'access token of the hostile issuer',
        token_type: 'Bearer',
        expires_in: 300,
        id_token: await idTokenOf(opened),
        ...acts.token,
      })
    return sendJson(response, 404, {})
  })
  opened.issuer = server.origin
  opened.close = server.close
  return opened
}

function discoveryOf({ issuer, acts }: HostileIssuer): Claims {
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    userinfo_endpoint: `${issuer}/userinfo`,
    jwks_uri: `${issuer}/keys`,
    ...acts.discovery,
  }
}

async function idTokenOf({
  issuer,
  clientId,
  kid,
  acts,
  sign: signed,
}: HostileIssuer): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  const header = { alg: 'RS256', kid, typ: 'JWT', ...acts.header }
  const claims = {
    iss: issuer,
    sub: 'ada',
    aud: clientId,
    iat: now,
    exp: now + 300,
    ...acts.claims,
  }
  return acts.forge ? acts.forge(header, claims) : signed(header, claims)
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Signed with nothing, as `alg: none` has it. */
export function unsigned(header: Claims, claims: Claims): string {
  return `${encode({ ...header, alg: 'none' })}.${encode(claims)}.`
}

/** Signed with a shared secret, whatever that is. */
export const hmacSigned =
  (secret: string) =>
  (header: Claims, claims: Claims): string => {
    const input = `${encode({ ...header, alg: 'HS256' })}.${encode(claims)}`
    return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
  }

/** Signed with an RSA key that nobody publishes. */
export function strangelySigned(header: Claims, claims: Claims): string {
  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const input = `${encode(header)}.${encode(claims)}`
  return `${input}.${sign('sha256', Buffer.from(input), stranger.privateKey).toString('base64url')}`
}

/** How servers answer in bad faith. */
export const babble: Record<string, (response: ServerResponse) => void> = {
  'nothing at all': () => {},
  'without end': (response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    const pouring = setInterval(() => response.write(' '.repeat(50_000)), 1)
    response.on('close', () => clearInterval(pouring))
  },
  'broken JSON': (response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"issuer":'),
  'a page': (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
  'a fault': (response) => sendJson(response, 503, { error: 'server_error' }),
  'a fault without JSON': (response) => response.writeHead(502).end('bad gateway'),
  'too many': (response) => sendJson(response, 429, {}),
  'a redirect': (response) => response.writeHead(302, { location: '/elsewhere' }).end(),
  'half of it': (response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 })
    response.write('{')
    setImmediate(() => response.destroy())
  },
}
