// Generated from upstream-tokens.sql by tools/sql. Do not edit.
import { exec, many, maybe } from '../db/query.ts'

/** Keeps what a sign-in brought, in the place of what was there. A provider that gives a refresh token with the first consent alone leaves the one that is kept. */
export const keepTokens = exec<
  {
    wrappedTokens: Buffer
    wrappingKeyId: string
    scopes: readonly string[]
    expiresAt: Date | null
    refreshes: boolean
    identityId: string
  }
>({
  name: 'federation.upstream-tokens.keepTokens',
  text: `insert into upstream_tokens (identity_id, wrapped_tokens, wrapping_key_id, scopes, expires_at, refreshes, updated_at)
select i.id, $1, $2, $3, $4, $5, signet_now()
  from federated_identities i
 where i.id = $6
on conflict (identity_id) do update
   set wrapped_tokens = excluded.wrapped_tokens, wrapping_key_id = excluded.wrapping_key_id, scopes = excluded.scopes,
       expires_at = excluded.expires_at, refreshes = excluded.refreshes, refused_at = null, claimed_until = null,
       updated_at = excluded.updated_at`,
  params: ['wrappedTokens', 'wrappingKeyId', 'scopes', 'expiresAt', 'refreshes', 'identityId'],
  columns: [],
})

/** What is kept of an active user at a provider. */
export const findKeptTokens = maybe<
  {
    userId: string
    provider: string
  },
  {
    identityId: string
    wrappedTokens: Buffer
    wrappingKeyId: string
    scopes: string[]
    expiresAt: Date | null
    refreshes: boolean
    refused: boolean
    expired: boolean
  }
>({
  name: 'federation.upstream-tokens.findKeptTokens',
  text: `select t.identity_id, t.wrapped_tokens, t.wrapping_key_id, t.scopes, t.expires_at, t.refreshes, t.refused_at is not null as "refused!",
       coalesce(t.expires_at <= signet_now() + interval '10 seconds', false) as "expired!"
  from upstream_tokens t
  join federated_identities i on i.id = t.identity_id
  join users u on u.id = i.user_id and u.status = 'active'
 where i.user_id = $1 and i.provider = $2
 order by i.last_used_at desc
 limit 1`,
  params: ['userId', 'provider'],
  columns: ['identityId', 'wrappedTokens', 'wrappingKeyId', 'scopes', 'expiresAt', 'refreshes', 'refused', 'expired'],
})

export const findIdentityId = maybe<
  {
    provider: string
    issuer: string
    subject: string
  },
  {
    id: string
  }
>({
  name: 'federation.upstream-tokens.findIdentityId',
  text: `select id from federated_identities where realm_id = 1 and provider = $1 and issuer = $2 and subject = $3`,
  params: ['provider', 'issuer', 'subject'],
  columns: ['id'],
})

/** Takes one that is about to expire, of somebody who has been here within a while: of several workers one has it, for a minute. No transaction waits for the provider. Those that were taken before and not renewed are asked for apart; of some providers none is. */
export const claimTokensDue = maybe<
  {
    aheadSeconds: number
    idleDays: number
    tried: boolean
    except: readonly string[]
    after: string
  },
  {
    identityId: string
    provider: string
    wrappedTokens: Buffer
    wrappingKeyId: string
    scopes: string[]
    claimedUntil: Date
  }
>({
  name: 'federation.upstream-tokens.claimTokensDue',
  text: `update upstream_tokens c
   set claimed_until = date_trunc('milliseconds', signet_now()) + interval '1 minute'
  from (select t.identity_id, i.provider
          from upstream_tokens t
          join federated_identities i on i.id = t.identity_id
          join users u on u.id = i.user_id and u.status = 'active'
         where t.refreshes and t.refused_at is null and t.expires_at <= signet_now() + make_interval(secs => $1::integer)
           and i.last_used_at > signet_now() - make_interval(days => $2::integer)
           and (t.claimed_until is not null) = $3::boolean and (t.claimed_until is null or t.claimed_until <= signet_now())
           and i.provider <> all($4::text[])
           and t.identity_id > $5::uuid
         order by t.identity_id
         limit 1
           for no key update of t skip locked) d
 where c.identity_id = d.identity_id
returning c.identity_id, d.provider as "provider!", c.wrapped_tokens, c.wrapping_key_id, c.scopes, c.claimed_until as "claimed_until!"`,
  params: ['aheadSeconds', 'idleDays', 'tried', 'except', 'after'],
  columns: ['identityId', 'provider', 'wrappedTokens', 'wrappingKeyId', 'scopes', 'claimedUntil'],
})

/** Stores what the provider gave, unless a sign-in has brought others meanwhile. */
export const replaceTokens = exec<
  {
    wrappedTokens: Buffer
    wrappingKeyId: string
    scopes: readonly string[]
    expiresAt: Date | null
    identityId: string
    claimedUntil: Date
  }
>({
  name: 'federation.upstream-tokens.replaceTokens',
  text: `update upstream_tokens
   set wrapped_tokens = $1, wrapping_key_id = $2, scopes = $3, expires_at = $4,
       claimed_until = null, updated_at = signet_now()
 where identity_id = $5 and claimed_until = $6`,
  params: ['wrappedTokens', 'wrappingKeyId', 'scopes', 'expiresAt', 'identityId', 'claimedUntil'],
  columns: [],
})

/** The provider gives no other one, unless a sign-in has brought others meanwhile. */
export const noteRefusedTokens = exec<{ identityId: string; claimedUntil: Date }>({
  name: 'federation.upstream-tokens.noteRefusedTokens',
  text: `update upstream_tokens
   set refused_at = signet_now(), claimed_until = null, updated_at = signet_now()
 where identity_id = $1 and claimed_until = $2`,
  params: ['identityId', 'claimedUntil'],
  columns: [],
})

/** Tokens that are wrapped under this key, but those that somebody is at work on. */
export const lockWrappedTokens = many<
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
  name: 'federation.upstream-tokens.lockWrappedTokens',
  text: `select identity_id::text as "id!", wrapped_tokens as wrapped
  from upstream_tokens
 where wrapping_key_id = $1 and identity_id > $2::uuid
 order by identity_id
 limit $3::integer
   for no key update skip locked`,
  params: ['keyId', 'after', 'limit'],
  columns: ['id', 'wrapped'],
})

/** Stores the same, wrapped under another key. */
export const replaceWrappedTokens = exec<
  {
    keyId: string
    ids: readonly string[]
    wrapped: readonly Buffer[]
    formerKeyId: string
  }
>({
  name: 'federation.upstream-tokens.replaceWrappedTokens',
  text: `update upstream_tokens t
   set wrapped_tokens = w.wrapped, wrapping_key_id = $1
  from unnest($2::uuid[], $3::bytea[]) as w (id, wrapped)
 where t.identity_id = w.id and t.wrapping_key_id = $4`,
  params: ['keyId', 'ids', 'wrapped', 'formerKeyId'],
  columns: [],
})
