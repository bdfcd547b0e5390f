-- Providers that were added through the contract.

-- name: listActiveProviders :many
select id, kind, name from identity_providers where status = 'active' order by created_at, id;

-- name: findProvider :maybe
select id, kind, name, status, client_id, wrapped_secret, wrapping_key_id, settings, created_at, updated_at
  from identity_providers
 where id = :id;

-- name: listProviders :many
select id, kind, name, status, client_id, settings, created_at, updated_at from identity_providers order by created_at, id;

-- name: insertProvider :exec
-- Adds a provider, unless the id is taken.
insert into identity_providers (id, kind, name, status, client_id, wrapped_secret, wrapping_key_id, settings, created_at, updated_at)
values (:id, :kind, :name, :status, :clientId, :wrappedSecret, :wrappingKeyId, :settings, :now, :now)
on conflict (id) do nothing;

-- name: replaceProvider :maybe
-- Replaces what can change: not the kind, on which the identities rest. Without a secret the stored one stays.
update identity_providers
   set name = :name, status = :status, client_id = :clientId, settings = :settings, updated_at = :now,
       wrapped_secret = coalesce(:wrappedSecret?, wrapped_secret), wrapping_key_id = coalesce(:wrappingKeyId?, wrapping_key_id)
 where id = :id and (settings ->> 'issuer') is not distinct from :formerIssuer?::text
returning kind;

-- name: deleteProvider :maybe
delete from identity_providers where id = :id returning kind;

-- name: lockProviderSecrets :many
-- Secrets that are wrapped under this key, but those that somebody is at work on.
select id, wrapped_secret as wrapped
  from identity_providers
 where wrapping_key_id = :keyId and id > :after
 order by id
 limit :limit::integer
   for no key update skip locked;

-- name: replaceProviderSecrets :exec
-- Stores the same, wrapped under another key.
update identity_providers p
   set wrapped_secret = w.wrapped, wrapping_key_id = :keyId
  from unnest(:ids::text[], :wrapped::bytea[]) as w (id, wrapped)
 where p.id = w.id and p.wrapping_key_id = :formerKeyId;
