-- Tokens of providers.

-- name: keepTokens :exec
-- Keeps what a sign-in brought, in the place of what was there. A provider that gives a refresh token with the first consent alone
-- leaves the one that is kept.
insert into upstream_tokens (identity_id, wrapped_tokens, wrapping_key_id, scopes, expires_at, refreshes, updated_at)
select i.id, :wrappedTokens, :wrappingKeyId, :scopes, :expiresAt?, :refreshes, signet_now()
  from federated_identities i
 where i.id = :identityId
on conflict (identity_id) do update
   set wrapped_tokens = excluded.wrapped_tokens, wrapping_key_id = excluded.wrapping_key_id, scopes = excluded.scopes,
       expires_at = excluded.expires_at, refreshes = excluded.refreshes, refused_at = null, claimed_until = null,
       updated_at = excluded.updated_at;

-- name: findKeptTokens :maybe
-- What is kept of an active user at a provider.
select t.identity_id, t.wrapped_tokens, t.wrapping_key_id, t.scopes, t.expires_at, t.refreshes, t.refused_at is not null as "refused!",
       coalesce(t.expires_at <= signet_now() + interval '10 seconds', false) as "expired!"
  from upstream_tokens t
  join federated_identities i on i.id = t.identity_id
  join users u on u.id = i.user_id and u.status = 'active'
 where i.user_id = :userId and i.provider = :provider
 order by i.last_used_at desc
 limit 1;

-- name: findIdentityId :maybe
select id from federated_identities where realm_id = 1 and provider = :provider and issuer = :issuer and subject = :subject;

-- name: claimTokensDue :maybe
-- Takes one that is about to expire, of somebody who has been here within a while: of several workers one has it, for a minute. No
-- transaction waits for the provider. Those that were taken before and not renewed are asked for apart; of some providers none is.
update upstream_tokens c
   set claimed_until = date_trunc('milliseconds', signet_now()) + interval '1 minute'
  from (select t.identity_id, i.provider
          from upstream_tokens t
          join federated_identities i on i.id = t.identity_id
          join users u on u.id = i.user_id and u.status = 'active'
         where t.refreshes and t.refused_at is null and t.expires_at <= signet_now() + make_interval(secs => :aheadSeconds::integer)
           and i.last_used_at > signet_now() - make_interval(days => :idleDays::integer)
           and (t.claimed_until is not null) = :tried::boolean and (t.claimed_until is null or t.claimed_until <= signet_now())
           and i.provider <> all(:except::text[])
           and t.identity_id > :after::uuid
         order by t.identity_id
         limit 1
           for no key update of t skip locked) d
 where c.identity_id = d.identity_id
returning c.identity_id, d.provider as "provider!", c.wrapped_tokens, c.wrapping_key_id, c.scopes, c.claimed_until as "claimed_until!";

-- name: replaceTokens :exec
-- Stores what the provider gave, unless a sign-in has brought others meanwhile.
update upstream_tokens
   set wrapped_tokens = :wrappedTokens, wrapping_key_id = :wrappingKeyId, scopes = :scopes, expires_at = :expiresAt?,
       claimed_until = null, updated_at = signet_now()
 where identity_id = :identityId and claimed_until = :claimedUntil;

-- name: noteRefusedTokens :exec
-- The provider gives no other one, unless a sign-in has brought others meanwhile.
update upstream_tokens
   set refused_at = signet_now(), claimed_until = null, updated_at = signet_now()
 where identity_id = :identityId and claimed_until = :claimedUntil;

-- name: lockWrappedTokens :many
-- Tokens that are wrapped under this key, but those that somebody is at work on.
select identity_id::text as "id!", wrapped_tokens as wrapped
  from upstream_tokens
 where wrapping_key_id = :keyId and identity_id > :after::uuid
 order by identity_id
 limit :limit::integer
   for no key update skip locked;

-- name: replaceWrappedTokens :exec
-- Stores the same, wrapped under another key.
update upstream_tokens t
   set wrapped_tokens = w.wrapped, wrapping_key_id = :keyId
  from unnest(:ids::uuid[], :wrapped::bytea[]) as w (id, wrapped)
 where t.identity_id = w.id and t.wrapping_key_id = :formerKeyId;
