/**
 * oidc-provider on Postgres, which rotates refresh tokens of a public client and signs its access tokens with ES256; runs as a child.
 *
 * Its adapter is as good as we can make it: every statement is prepared, one for each thing it is asked, by primary key; and a token is
 * consumed once, by a conditional update.
 */

import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider from 'oidc-provider'
import type pg from 'pg'
import type { DatabaseAddress } from '../../packages/server/src/db/address.ts'
import { answerParent } from '../child.ts'
import { openPeerPool } from './peer-pool.ts'

export interface PostgresPeerQuestion {
  address: DatabaseAddress
  /** How many refresh tokens it issues, each of a grant of its own. */
  holders: number
}

export interface PostgresPeer {
  origin: string
  clientId: string
  refreshTokens: string[]
}

const audience = 'https://ledger.example'
const scope = 'offline_access'
const client = {
  client_id: 'bench',
  grant_types: ['authorization_code', 'refresh_token'],
  redirect_uris: ['https://app.example/callback'],
  response_types: ['code'],
  token_endpoint_auth_method: 'none',
  application_type: 'web',
  id_token_signed_response_alg: 'ES256',
}
const lifetimeSeconds = 14 * 24 * 60 * 60
// It warns that it is in development; nothing of that is a figure.
console.warn = () => {}
console.info = () => {}

answerParent(async ({ address, holders }: PostgresPeerQuestion): Promise<PostgresPeer> => {
  const pool = await openPeerPool(address, 'oidc_provider')
  await pool.query(`create table models (
    id text primary key, payload jsonb not null, grant_id text, consumed_at bigint, expires_at timestamptz
  ) with (fillfactor = 70)`)
  await pool.query('create index on models (grant_id)')
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const provider = new Provider(origin, configurationOf(pool))
  server.on('request', provider.callback())
  const refreshTokens: string[] = []
  while (refreshTokens.length < holders) refreshTokens.push(await issue(provider))
  return { origin, clientId: client.client_id, refreshTokens }
})

function configurationOf(pool: pg.Pool): object {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return {
    adapter: adapterOn(pool),
    clients: [client],
    rotateRefreshToken: true,
    scopes: [scope],
    jwks: {
      keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid: 'b' }],
    },
    findAccount: (_: unknown, accountId: string) => ({
      accountId,
      claims: () => ({ sub: accountId }),
    }),
    ttl: { RefreshToken: lifetimeSeconds, Grant: lifetimeSeconds },
    features: {
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => audience,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          ...{ scope, audience, accessTokenTTL: 300, accessTokenFormat: 'jwt' },
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  }
}

async function issue(provider: Provider): Promise<string> {
  const accountId = `person-${Math.random()}`
  const grant = new provider.Grant({ accountId, clientId: client.client_id })
  grant.addOIDCScope(scope)
  grant.addResourceScope(audience, scope)
  const grantId = await grant.save(lifetimeSeconds)
  const token = new provider.RefreshToken({
    ...{ accountId, grantId, scope, gty: 'authorization_code', resource: audience },
    client: await provider.Client.find(client.client_id),
  })
  return token.save()
}

/** What oidc-provider asks of a store for each kind of model. Sessions and user codes are not used here. */
function adapterOn(pool: pg.Pool) {
  const run = (name: string, text: string, values: unknown[]) => pool.query({ name, text, values })
  return (model: string) => {
    const key = (id: string) => `${model}:${id}`
    return {
      async upsert(id: string, payload: { grantId?: string }, expiresIn: number) {
        await run(
          'upsert',
          `insert into models (id, payload, grant_id, expires_at)
           values ($1, $2, $3, now() + make_interval(secs => $4))
           on conflict (id) do update set payload = excluded.payload, expires_at = excluded.expires_at`,
          [key(id), payload, payload.grantId ?? null, expiresIn],
        )
      },
      async find(id: string) {
        const { rows } = await run(
          'find',
          'select payload, consumed_at from models where id = $1 and expires_at > now()',
          [key(id)],
        )
        const [row] = rows
        if (row === undefined) return undefined
        return row.consumed_at === null ? row.payload : { ...row.payload, consumed: true }
      },
      async consume(id: string) {
        const { rowCount } = await run(
          'consume',
          'update models set consumed_at = extract(epoch from now()) where id = $1 and consumed_at is null',
          [key(id)],
        )
        if (rowCount !== 1) throw new Error('it was consumed by somebody else')
      },
      async destroy(id: string) {
        await run('destroy', 'delete from models where id = $1', [key(id)])
      },
      async revokeByGrantId(grantId: string) {
        await run('revoke', 'delete from models where grant_id = $1', [grantId])
      },
    }
  }
}
