/**
 * An issuer over real HTTP that does what a test tells it: publishes these keys, sends these steps of the feed, answers
 * introspection like this, or breaks off. It remembers what it was asked.
 */

import { generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Clock } from '../clock.ts'
import { hashIdentifier, type IdentifierClaim } from '../hashed-identifier.ts'

export interface Asked {
  path: string
  query: URLSearchParams
  authorization: string | undefined
  body: string
}

/** One connection of a verifier to the feed. */
export interface FeedConnection {
  query: URLSearchParams
  /** Sends a step; members that are not given are those of a complete, empty one of this log. */
  send(step?: Record<string, unknown>): void
  write(text: string): void
  end(): void
  /** Cuts the connection without a word. */
  destroy(): void
}

export interface ScriptedIssuer {
  url: string
  issuer: string
  audience: string
  client: { id: string; secret: string }
  asked: Asked[]
  timesAsked(path: string): number
  /** What is answered at this path instead of the usual. */
  answer(path: string, handler: (request: IncomingMessage, response: ServerResponse) => void): void
  /** What is done when a verifier connects; sends a complete snapshot unless set. */
  onWatch: (feed: FeedConnection) => void
  connections: FeedConnection[]
  latest(): FeedConnection
  /** Whether introspection says that tokens are active. */
  active: boolean
  keys: unknown[]
  key: { kid: string; privateKey: KeyObject }
  mint(claims?: Record<string, unknown>, header?: Record<string, unknown>): string
  entry(
    position: number,
    claim: IdentifierClaim | 'everything',
    value?: string,
    more?: object,
  ): object
  /** Refuses connections from here on. */
  stop(): Promise<void>
  /** Listens again, at the same address. */
  restart(): Promise<void>
}

export const logId = 'log-1'

export async function openScriptedIssuer({
  clock = { wallMs: Date.now, monotonicMs: () => performance.now() },
}: {
  clock?: Clock
} = {}): Promise<ScriptedIssuer> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const kid = randomUUID()
  const answers = new Map<string, (request: IncomingMessage, response: ServerResponse) => void>()

  const server = createServer(async (request, response) => {
    const { pathname, searchParams: query } = new URL(request.url ?? '', 'http://issuer')
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const { authorization } = request.headers
    const body = Buffer.concat(chunks).toString()
    issuer.asked.push({ path: pathname, query, authorization, body })
    const usual = answers.get(pathname) ?? usually[pathname]
    if (usual === undefined) response.writeHead(404).end()
    else usual(request, response)
  })
  const json = (response: ServerResponse, value: unknown) =>
    void response.setHeader('content-type', 'application/json').end(JSON.stringify(value))
  const usually: Record<string, (request: IncomingMessage, response: ServerResponse) => void> = {
    '/.well-known/jwks.json': (_, response) => json(response, { keys: issuer.keys }),
    '/oauth2/introspect': (_, response) => json(response, { active: issuer.active }),
    '/api/v1/revocations/report-position': (_, response) => json(response, {}),
    '/api/v1/revocations/watch'(request, response) {
      response.setHeader('content-type', 'text/event-stream')
      response.setHeader('date', new Date(clock.wallMs()).toUTCString())
      response.flushHeaders()
      const { searchParams: query } = new URL(request.url ?? '', 'http://issuer')
      const feed: FeedConnection = {
        query,
        send(step = {}) {
          const clockMs = String(Math.floor(clock.monotonicMs()))
          const whole = { logId, position: '0', complete: true, ageMs: 0, clockMs, ...step }
          feed.write(`data: ${JSON.stringify(whole)}\n\n`)
        },
        write: (text) => void response.write(text),
        end: () => void response.end(),
        destroy: () => void response.destroy(),
      }
      issuer.connections.push(feed)
      issuer.onWatch(feed)
    },
  }
  async function listen(port: number): Promise<number> {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }
  const port = await listen(0)
  const url = `http://127.0.0.1:${port}`

  const issuer: ScriptedIssuer = {
    url,
    issuer: url,
    audience: 'https://api.example.com',
    client: { id: 'ledger', secret: 's:e c%ret' },
    asked: [],
    timesAsked: (path) => issuer.asked.filter((asked) => asked.path === path).length,
    answer: (path, handler) => void answers.set(path, handler),
    onWatch: (feed) => feed.send({ reset: true }),
    connections: [],
    latest: () => issuer.connections.at(-1) ?? never(),
    active: true,
    keys: [{ ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' }],
    key: { kid, privateKey },
    mint(claims = {}, header = {}) {
      const iat = Math.floor(clock.wallMs() / 1000)
      const good = {
        iss: url,
        sub: randomUUID(),
        aud: issuer.audience,
        client_id: 'app',
        scope: 'invoices.read',
        exp: iat + 300,
        iat,
        jti: randomUUID(),
        gid: randomUUID(),
        sid: randomUUID(),
        auth_time: iat,
        acr: 'aal1',
        amr: ['pwd'],
        roles: ['clerk'],
        rev: 0,
        ...claims,
      }
      return signEs256(issuer.key.privateKey, { alg: 'ES256', typ: 'at+jwt', kid, ...header }, good)
    },
    entry: (position, claim, value = '', more = {}) => ({
      position: String(position),
      kind: 'REVOCATION_KIND_ENDED',
      scope: `REVOCATION_SCOPE_${scopeOf[claim]}`,
      ...(claim !== 'everything' && { value: hashed(url, claim, value) }),
      expiresAt: new Date(clock.wallMs() + 3600_000).toISOString(),
      ...more,
    }),
    async stop() {
      if (!server.listening) return
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
    restart: async () => void (await listen(port)),
  }
  return issuer
}

const scopeOf: Record<IdentifierClaim | 'everything', string> = {
  jti: 'TOKEN',
  gid: 'GRANT',
  sid: 'SESSION',
  sub: 'SUBJECT',
  client_id: 'CLIENT',
  everything: 'EVERYTHING',
}

/** An identifier as it stands in the feed. */
export function hashed(issuer: string, claim: IdentifierClaim, value: string): string {
  return hashIdentifier(issuer, claim, value).toString('base64')
}

export function signEs256(privateKey: KeyObject, header: object, claims: object): string {
  const input = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  const key = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const
  return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`
}

/** The claims of a token that we minted. */
export function claimsOf(token: string): Record<string, string> & { rev: number } {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
}

function never(): never {
  throw new Error('nobody has connected')
}
