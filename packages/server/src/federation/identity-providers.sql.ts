// Generated from identity-providers.sql by tools/sql. Do not edit.
import { exec, many, maybe, type Json } from '../db/query.ts'

export const listActiveProviders = many<
  void,
  {
    id: string
    kind: 'google' | 'microsoft' | 'apple' | 'github' | 'linkedin' | 'facebook' | 'oidc'
    name: string
  }
>({
  name: 'federation.identity-providers.listActiveProviders',
  text: `select id, kind, name from identity_providers where status = 'active' order by created_at, id`,
  params: [],
  columns: ['id', 'kind', 'name'],
})

export const findProvider = maybe<
  {
    id: string
  },
  {
    id: string
    kind: 'google' | 'microsoft' | 'apple' | 'github' | 'linkedin' | 'facebook' | 'oidc'
    name: string
    status: 'active' | 'disabled'
    clientId: string
    wrappedSecret: Buffer
    wrappingKeyId: string
    settings: Json
    createdAt: Date
    updatedAt: Date
  }
>({
  name: 'federation.identity-providers.findProvider',
  text: `select id, kind, name, status, client_id, wrapped_secret, wrapping_key_id, settings, created_at, updated_at
  from identity_providers
 where id = $1`,
  params: ['id'],
  columns: ['id', 'kind', 'name', 'status', 'clientId', 'wrappedSecret', 'wrappingKeyId', 'settings', 'createdAt', 'updatedAt'],
})

export const listProviders = many<
  void,
  {
    id: string
    kind: 'google' | 'microsoft' | 'apple' | 'github' | 'linkedin' | 'facebook' | 'oidc'
    name: string
    status: 'active' | 'disabled'
    clientId: string
    settings: Json
    createdAt: Date
    updatedAt: Date
  }
>({
  name: 'federation.identity-providers.listProviders',
  text: `select id, kind, name, status, client_id, settings, created_at, updated_at from identity_providers order by created_at, id`,
  params: [],
  columns: ['id', 'kind', 'name', 'status', 'clientId', 'settings', 'createdAt', 'updatedAt'],
})

/** Adds a provider, unless the id is taken. */
export const insertProvider = exec<
  {
    id: string
    kind: string
    name: string
    status: string
    clientId: string
    wrappedSecret: Buffer
    wrappingKeyId: string
    settings: NonNullable<Json>
    now: Date
  }
>({
  name: 'federation.identity-providers.insertProvider',
  text: `insert into identity_providers (id, kind, name, status, client_id, wrapped_secret, wrapping_key_id, settings, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
on conflict (id) do nothing`,
  params: ['id', 'kind', 'name', 'status', 'clientId', 'wrappedSecret', 'wrappingKeyId', 'settings', 'now'],
  columns: [],
  json: ['settings'],
})

/** Replaces what can change: not the kind, on which the identities rest. Without a secret the stored one stays. */
export const replaceProvider = maybe<
  {
    name: string
    status: string
    clientId: string
    settings: NonNullable<Json>
    now: Date
    wrappedSecret: Buffer | null
    wrappingKeyId: string | null
    id: string
    formerIssuer: string | null
  },
  {
    kind: 'google' | 'microsoft' | 'apple' | 'github' | 'linkedin' | 'facebook' | 'oidc'
  }
>({
  name: 'federation.identity-providers.replaceProvider',
  text: `update identity_providers
   set name = $1, status = $2, client_id = $3, settings = $4, updated_at = $5,
       wrapped_secret = coalesce($6, wrapped_secret), wrapping_key_id = coalesce($7, wrapping_key_id)
 where id = $8 and (settings ->> 'issuer') is not distinct from $9::text
returning kind`,
  params: ['name', 'status', 'clientId', 'settings', 'now', 'wrappedSecret', 'wrappingKeyId', 'id', 'formerIssuer'],
  columns: ['kind'],
  json: ['settings'],
})

export const deleteProvider = maybe<
  {
    id: string
  },
  {
    kind: 'google' | 'microsoft' | 'apple' | 'github' | 'linkedin' | 'facebook' | 'oidc'
  }
>({
  name: 'federation.identity-providers.deleteProvider',
  text: `delete from identity_providers where id = $1 returning kind`,
  params: ['id'],
  columns: ['kind'],
})

/** Secrets that are wrapped under this key, but those that somebody is at work on. */
export const lockProviderSecrets = many<
  {
    keyId: string
    after: string
    limit: number
  },
  {
    id: string
    wrapped: Buffer
  }
>({
  name: 'federation.identity-providers.lockProviderSecrets',
  text: `select id, wrapped_secret as wrapped
  from identity_providers
 where wrapping_key_id = $1 and id > $2
 order by id
 limit $3::integer
   for no key update skip locked`,
  params: ['keyId', 'after', 'limit'],
  columns: ['id', 'wrapped'],
})

/** Stores the same, wrapped under another key. */
export const replaceProviderSecrets = exec<
  {
    keyId: string
    ids: readonly string[]
    wrapped: readonly Buffer[]
    formerKeyId: string
  }
>({
  name: 'federation.identity-providers.replaceProviderSecrets',
  text: `update identity_providers p
   set wrapped_secret = w.wrapped, wrapping_key_id = $1
  from unnest($2::text[], $3::bytea[]) as w (id, wrapped)
 where p.id = w.id and p.wrapping_key_id = $4`,
  params: ['keyId', 'ids', 'wrapped', 'formerKeyId'],
  columns: [],
})
