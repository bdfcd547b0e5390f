// Generated from signing-keys.sql by tools/sql. Do not edit.
import { exec, many, type Json } from '../db/query.ts'

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
