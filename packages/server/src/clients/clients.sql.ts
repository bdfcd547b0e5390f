// Generated from clients.sql by tools/sql. Do not edit.
import { exec, many, maybe, one } from '../db/query.ts'

/** Registers a client, unless the id is taken. An id is never given to another client. */
export const insertClient = exec<
  {
    id: string
    name: string
    type: string
    firstParty: boolean
    directSignIn: boolean
    confirming: boolean
    subjectNamespace: string | null
    signingAlgorithm: string
    scopes: readonly string[]
    allowedOrigins: readonly string[]
    now: Date
  }
>({
  name: 'clients.insertClient',
  text: `insert into clients (id, name, type, first_party, direct_sign_in, confirming, subject_namespace, signing_algorithm, scopes,
                     allowed_origins, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9,
        $10, $11, $11)
on conflict (id) do nothing`,
  params: ['id', 'name', 'type', 'firstParty', 'directSignIn', 'confirming', 'subjectNamespace', 'signingAlgorithm', 'scopes', 'allowedOrigins', 'now'],
  columns: [],
})

/** One client. */
export const findClient = maybe<
  {
    id: string
  },
  {
    id: string
    name: string
    type: 'public' | 'confidential' | 'service'
    status: 'active' | 'disabled'
    firstParty: boolean
    directSignIn: boolean
    confirming: boolean
    subjectNamespace: string | null
    signingAlgorithm: 'ES256' | 'RS256' | 'EdDSA'
    scopes: string[]
    allowedOrigins: string[]
    createdAt: Date
  }
>({
  name: 'clients.findClient',
  text: `select id, name, type, status, first_party, direct_sign_in, confirming, subject_namespace, signing_algorithm, scopes,
       allowed_origins, created_at
  from clients
 where id = $1`,
  params: ['id'],
  columns: ['id', 'name', 'type', 'status', 'firstParty', 'directSignIn', 'confirming', 'subjectNamespace', 'signingAlgorithm', 'scopes', 'allowedOrigins', 'createdAt'],
})

/** One client, locked: secrets are given out one after the other. */
export const findClientForUpdate = maybe<
  {
    id: string
  },
  {
    id: string
    type: 'public' | 'confidential' | 'service'
    status: 'active' | 'disabled'
  }
>({
  name: 'clients.findClientForUpdate',
  text: `select id, type, status from clients where id = $1 for no key update`,
  params: ['id'],
  columns: ['id', 'type', 'status'],
})

/** Clients by id, after the one that is named. */
export const listClients = many<
  {
    after: string | null
    limit: number
  },
  {
    id: string
    name: string
    type: 'public' | 'confidential' | 'service'
    status: 'active' | 'disabled'
    firstParty: boolean
    directSignIn: boolean
    confirming: boolean
    subjectNamespace: string | null
    signingAlgorithm: 'ES256' | 'RS256' | 'EdDSA'
    scopes: string[]
    allowedOrigins: string[]
    createdAt: Date
  }
>({
  name: 'clients.listClients',
  text: `select id, name, type, status, first_party, direct_sign_in, confirming, subject_namespace, signing_algorithm, scopes,
       allowed_origins, created_at
  from clients
 where $1::text is null or id > $1
 order by id
 limit $2::integer`,
  params: ['after', 'limit'],
  columns: ['id', 'name', 'type', 'status', 'firstParty', 'directSignIn', 'confirming', 'subjectNamespace', 'signingAlgorithm', 'scopes', 'allowedOrigins', 'createdAt'],
})

/** The secrets of a client that are good, the newest first; of each only what tells it apart. */
export const listClientSecrets = many<
  {
    clientId: string
  },
  {
    prefix: string
    createdAt: Date
    expiresAt: Date | null
    lastUsedAt: Date | null
  }
>({
  name: 'clients.listClientSecrets',
  text: `select prefix, created_at, expires_at, last_used_at
  from client_secrets
 where client_id = $1 and revoked_at is null and (expires_at is null or expires_at > signet_now())
 order by created_at desc, id desc`,
  params: ['clientId'],
  columns: ['prefix', 'createdAt', 'expiresAt', 'lastUsedAt'],
})

/** Stores what a secret is recognised by. It rests on the position that is read here. */
export const insertClientSecret = exec<
  {
    id: string
    clientId: string
    prefix: string
    secretHash: Buffer
    lifetimeDays: number | null
  }
>({
  name: 'clients.insertClientSecret',
  text: `insert into client_secrets (id, client_id, kind, prefix, secret_hash, rev, created_at, expires_at)
values ($1, $2, 'client_secret', $3, $4, revocation_position(), signet_now(),
        signet_now() + make_interval(days => $5::integer))`,
  params: ['id', 'clientId', 'prefix', 'secretHash', 'lifetimeDays'],
  columns: [],
})

/** Of the good secrets of a client the newest stay. Needs the lock on the client. */
export const revokeOlderClientSecrets = exec<{ clientId: string; secretsMax: number }>({
  name: 'clients.revokeOlderClientSecrets',
  text: `update client_secrets
   set revoked_at = signet_now()
 where client_id = $1 and revoked_at is null
   and id not in (select s.id from client_secrets s
                   where s.client_id = $1 and s.revoked_at is null
                     and (s.expires_at is null or s.expires_at > signet_now())
                   order by s.created_at desc, s.id desc
                   limit $2::integer)`,
  params: ['clientId', 'secretsMax'],
  columns: [],
})

/** Closes a client; the built-in one stays. Locks it for the entry in the revocation log. */
export const disableClient = exec<{ now: Date; id: string; ownClientId: string }>({
  name: 'clients.disableClient',
  text: `update clients set status = 'disabled', updated_at = $1 where id = $2 and status = 'active' and id <> $3`,
  params: ['now', 'id', 'ownClientId'],
  columns: [],
})

/** Writes the entry that ends everything the client holds. Needs the lock on the client. */
export const logClientDisabled = one<{ id: string }, { entryId: bigint }>({
  name: 'clients.logClientDisabled',
  text: `select log_revocation('client', $1, 'client_disabled') as "entry_id!"`,
  params: ['id'],
  columns: ['entryId'],
})
