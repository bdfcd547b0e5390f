/**
 * oidc-provider with its own memory, which issues tokens and introspects them; runs as a child. Its tokens are opaque, or
 * JWTs for a resource server, signed with ES256.
 *
 * Its memory holds a thousand entries and forgets the oldest: a few tokens and nothing else, so that none is lost.
 */

import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider from 'oidc-provider'
import { answerParent } from '../child.ts'

export interface PeerQuestion {
  tokens: number
  /** Whether they are JWTs. */
  signed?: boolean
}

export interface Peer {
  origin: string
  client: { id: string; secret: string }
  accessTokens: string[]
}

const peerAudience = 'https://ledger.example'
const client = { id: 'bench', secret: randomBytes(24).toString('hex') }
const tokenLifetimeSeconds = 3600
// It warns that it is in development; nothing of that is a figure.
console.warn = () => {}
console.info = () => {}

answerParent(async ({ tokens, signed = false }: PeerQuestion): Promise<Peer> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const provider = new Provider(origin, {
    clients: [
      {
        client_id: client.id,
        client_secret: client.secret,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
        token_endpoint_auth_method: 'client_secret_basic',
        ...(signed && { id_token_signed_response_alg: 'ES256' }),
      },
    ],
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      introspection: { enabled: true },
      ...(signed && { resourceIndicators }),
    },
    ...(signed && { jwks: { keys: [signingKey()] } }),
    ttl: { ClientCredentials: tokenLifetimeSeconds },
  })
  server.on('request', provider.callback())
  const accessTokens: string[] = []
  for (let n = 0; n < tokens; n += 1) accessTokens.push(await issueToken(origin))
  return { origin, client, accessTokens }
})

/** Whatever is asked for is one resource server, whose tokens are JWTs. */
const resourceIndicators = {
  enabled: true,
  defaultResource: () => peerAudience,
  getResourceServerInfo: () => ({
    scope: '',
    audience: peerAudience,
    accessTokenTTL: tokenLifetimeSeconds,
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg: 'ES256' } },
  }),
  useGrantedResource: () => true,
}

function signingKey(): object {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid: 'bench' }
}

async function issueToken(origin: string): Promise<string> {
  const credentials = Buffer.from(`${client.id}:${client.secret}`).toString('base64')
  const response = await fetch(`${origin}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${credentials}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })
  if (!response.ok) throw new Error(`no token: ${response.status} ${await response.text()}`)
  return ((await response.json()) as { access_token: string }).access_token
}
