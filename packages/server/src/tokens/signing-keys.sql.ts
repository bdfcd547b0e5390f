// Generated from signing-keys.sql by tools/sql. Do not edit.
import { exec, many, maybe, type Json } from '../db/query.ts'

/** The keys that sign or verify, oldest first; retired ones do neither. */
export const listSigningKeys = many<
  void,
  {
    id: string
    algorithm: 'ES256' | 'RS256' | 'EdDSA'
    state: 'next' | 'active' | 'retiring' | 'retired'
    publicJwk: Json
    wrappedKey: Buffer
    wrappingKeyId: string
  }
>({
  name: 'tokens.signing-keys.listSigningKeys',
  text: `select id, algorithm, state, public_jwk, wrapped_key, wrapping_key_id
  from signing_keys
 where state <> 'retired'
 order by created_at, id`,
  params: [],
  columns: ['id', 'algorithm', 'state', 'publicJwk', 'wrappedKey', 'wrappingKeyId'],
})

/** Puts a key into use where its algorithm has none. Of several instances that start together, one succeeds. */
export const insertFirstSigningKey = exec<
  {
    id: string
    algorithm: string
    publicJwk: NonNullable<Json>
    wrappedKey: Buffer
    wrappingKeyId: string
    createdAt: Date
  }
>({
  name: 'tokens.signing-keys.insertFirstSigningKey',
  text: `insert into signing_keys (id, algorithm, state, public_jwk, wrapped_key, wrapping_key_id, created_at, activated_at)
values ($1, $2, 'active', $3, $4, $5, $6, $6)
on conflict (algorithm) where state = 'active' do nothing`,
  params: ['id', 'algorithm', 'publicJwk', 'wrappedKey', 'wrappingKeyId', 'createdAt'],
  columns: [],
  json: ['publicJwk'],
})

/** The algorithms that clients are pinned to. */
export const listPinnedAlgorithms = many<void, { algorithm: 'ES256' | 'RS256' | 'EdDSA' }>({
  name: 'tokens.signing-keys.listPinnedAlgorithms',
  text: `select distinct signing_algorithm as algorithm from clients where status = 'active'`,
  params: [],
  columns: ['algorithm'],
})

/** The algorithms whose active key is so old that the next one must be published, and has not been. */
export const listAlgorithmsDue = many<
  {
    lifetimeDays: number
    publishedSeconds: number
  },
  {
    algorithm: 'ES256' | 'RS256' | 'EdDSA'
  }
>({
  name: 'tokens.signing-keys.listAlgorithmsDue',
  text: `select a.algorithm
  from signing_keys a
 where a.state = 'active'
   and a.activated_at <= signet_now() - make_interval(days => $1::integer, secs => -$2::integer)
   and not exists (select from signing_keys n where n.state = 'next' and n.algorithm = a.algorithm)`,
  params: ['lifetimeDays', 'publishedSeconds'],
  columns: ['algorithm'],
})

/** Publishes the next key of an algorithm, unless there is one. It does not sign yet. */
export const insertNextSigningKey = exec<
  {
    id: string
    algorithm: string
    publicJwk: NonNullable<Json>
    wrappedKey: Buffer
    wrappingKeyId: string
  }
>({
  name: 'tokens.signing-keys.insertNextSigningKey',
  text: `insert into signing_keys (id, algorithm, state, public_jwk, wrapped_key, wrapping_key_id, created_at)
values ($1, $2, 'next', $3, $4, $5, signet_now())
on conflict (algorithm) where state = 'next' do nothing`,
  params: ['id', 'algorithm', 'publicJwk', 'wrappedKey', 'wrappingKeyId'],
  columns: [],
  json: ['publicJwk'],
})

/** Next keys that have been published for so long that everybody has them; locked, so that one instance activates them. */
export const lockPublishedNextKeys = many<
  {
    publishedSeconds: number
  },
  {
    id: string
    algorithm: 'ES256' | 'RS256' | 'EdDSA'
  }
>({
  name: 'tokens.signing-keys.lockPublishedNextKeys',
  text: `select id, algorithm
  from signing_keys
 where state = 'next' and created_at <= signet_now() - make_interval(secs => $1::integer)
 order by id
   for no key update`,
  params: ['publishedSeconds'],
  columns: ['id', 'algorithm'],
})

/** The key of this algorithm signs no more. It verifies until the last token it signed has expired. */
export const retireActiveKey = exec<{ algorithm: string }>({
  name: 'tokens.signing-keys.retireActiveKey',
  text: `update signing_keys set state = 'retiring', retiring_at = signet_now() where algorithm = $1 and state = 'active'`,
  params: ['algorithm'],
  columns: [],
})

/** From here on the next key signs. */
export const activateNextKey = exec<{ id: string }>({
  name: 'tokens.signing-keys.activateNextKey',
  text: `update signing_keys set state = 'active', activated_at = signet_now() where id = $1 and state = 'next'`,
  params: ['id'],
  columns: [],
})

/** Keys whose last token has expired verify no more; their private parts are destroyed. */
export const retireSigningKeys = many<
  {
    retiringSeconds: number
  },
  {
    id: string
    algorithm: 'ES256' | 'RS256' | 'EdDSA'
  }
>({
  name: 'tokens.signing-keys.retireSigningKeys',
  text: `update signing_keys
   set state = 'retired', retired_at = signet_now(), wrapped_key = ''
 where state = 'retiring' and retiring_at <= signet_now() - make_interval(secs => $1::integer)
returning id, algorithm`,
  params: ['retiringSeconds'],
  columns: ['id', 'algorithm'],
})

/** One key, locked. */
export const findSigningKeyForUpdate = maybe<
  {
    id: string
  },
  {
    id: string
    algorithm: 'ES256' | 'RS256' | 'EdDSA'
    state: 'next' | 'active' | 'retiring' | 'retired'
  }
>({
  name: 'tokens.signing-keys.findSigningKeyForUpdate',
  text: `select id, algorithm, state from signing_keys where id = $1 for no key update`,
  params: ['id'],
  columns: ['id', 'algorithm', 'state'],
})

/** Takes a key out of everything at once and destroys its private part. */
export const revokeSigningKey = exec<{ id: string }>({
  name: 'tokens.signing-keys.revokeSigningKey',
  text: `update signing_keys
   set state = 'retired', retired_at = signet_now(), wrapped_key = ''
 where id = $1 and state <> 'retired'`,
  params: ['id'],
  columns: [],
})

/** The next key of an algorithm, locked. */
export const findNextKeyForUpdate = maybe<{ algorithm: string }, { id: string }>({
  name: 'tokens.signing-keys.findNextKeyForUpdate',
  text: `select id from signing_keys where algorithm = $1 and state = 'next' for no key update`,
  params: ['algorithm'],
  columns: ['id'],
})

/** Every key there ever was, oldest first, without private parts. */
export const listAllSigningKeys = many<
  void,
  {
    id: string
    algorithm: 'ES256' | 'RS256' | 'EdDSA'
    state: 'next' | 'active' | 'retiring' | 'retired'
    createdAt: Date
    activatedAt: Date | null
    retiringAt: Date | null
    retiredAt: Date | null
  }
>({
  name: 'tokens.signing-keys.listAllSigningKeys',
  text: `select id, algorithm, state, created_at, activated_at, retiring_at, retired_at
  from signing_keys
 order by created_at, id`,
  params: [],
  columns: ['id', 'algorithm', 'state', 'createdAt', 'activatedAt', 'retiringAt', 'retiredAt'],
})

/** Private keys that are wrapped under this master secret, but those that somebody is at work on. A retired key has none. */
export const lockPrivateKeys = many<
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
  name: 'tokens.signing-keys.lockPrivateKeys',
  text: `select id, wrapped_key as wrapped
  from signing_keys
 where wrapping_key_id = $1 and wrapped_key <> '' and id > $2
 order by id
 limit $3::integer
   for no key update skip locked`,
  params: ['keyId', 'after', 'limit'],
  columns: ['id', 'wrapped'],
})

/** Stores the same private keys, wrapped under another master secret. */
export const replacePrivateKeys = exec<
  {
    keyId: string
    ids: readonly string[]
    wrapped: readonly Buffer[]
    formerKeyId: string
  }
>({
  name: 'tokens.signing-keys.replacePrivateKeys',
  text: `update signing_keys s
   set wrapped_key = w.wrapped, wrapping_key_id = $1
  from unnest($2::text[], $3::bytea[]) as w (id, wrapped)
 where s.id = w.id and s.wrapping_key_id = $4`,
  params: ['keyId', 'ids', 'wrapped', 'formerKeyId'],
  columns: [],
})
