-- name: listSigningKeys :many
-- The keys that sign or verify, oldest first; retired ones do neither.
select id, algorithm, state, public_jwk, wrapped_key, wrapping_key_id
  from signing_keys
 where state <> 'retired'
 order by created_at, id;

-- name: insertFirstSigningKey :exec
-- Puts a key into use where its algorithm has none. Of several instances that start together, one succeeds.
insert into signing_keys (id, algorithm, state, public_jwk, wrapped_key, wrapping_key_id, created_at, activated_at)
values (:id, :algorithm, 'active', :publicJwk, :wrappedKey, :wrappingKeyId, :createdAt, :createdAt)
on conflict (algorithm) where state = 'active' do nothing;

-- name: listPinnedAlgorithms :many
-- The algorithms that clients are pinned to.
select distinct signing_algorithm as algorithm from clients where status = 'active';

-- name: listAlgorithmsDue :many
-- The algorithms whose active key is so old that the next one must be published, and has not been.
select a.algorithm
  from signing_keys a
 where a.state = 'active'
   and a.activated_at <= signet_now() - make_interval(days => :lifetimeDays::integer, secs => -:publishedSeconds::integer)
   and not exists (select from signing_keys n where n.state = 'next' and n.algorithm = a.algorithm);

-- name: insertNextSigningKey :exec
-- Publishes the next key of an algorithm, unless there is one. It does not sign yet.
insert into signing_keys (id, algorithm, state, public_jwk, wrapped_key, wrapping_key_id, created_at)
values (:id, :algorithm, 'next', :publicJwk, :wrappedKey, :wrappingKeyId, signet_now())
on conflict (algorithm) where state = 'next' do nothing;

-- name: lockPublishedNextKeys :many
-- Next keys that have been published for so long that everybody has them; locked, so that one instance activates them.
select id, algorithm
  from signing_keys
 where state = 'next' and created_at <= signet_now() - make_interval(secs => :publishedSeconds::integer)
 order by id
   for no key update;

-- name: retireActiveKey :exec
-- The key of this algorithm signs no more. It verifies until the last token it signed has expired.
update signing_keys set state = 'retiring', retiring_at = signet_now() where algorithm = :algorithm and state = 'active';

-- name: activateNextKey :exec
-- From here on the next key signs.
update signing_keys set state = 'active', activated_at = signet_now() where id = :id and state = 'next';

-- name: retireSigningKeys :many
-- Keys whose last token has expired verify no more; their private parts are destroyed.
update signing_keys
   set state = 'retired', retired_at = signet_now(), wrapped_key = ''
 where state = 'retiring' and retiring_at <= signet_now() - make_interval(secs => :retiringSeconds::integer)
returning id, algorithm;

-- name: findSigningKeyForUpdate :maybe
-- One key, locked.
select id, algorithm, state from signing_keys where id = :id for no key update;

-- name: revokeSigningKey :exec
-- Takes a key out of everything at once and destroys its private part.
update signing_keys
   set state = 'retired', retired_at = signet_now(), wrapped_key = ''
 where id = :id and state <> 'retired';

-- name: findNextKeyForUpdate :maybe
-- The next key of an algorithm, locked.
select id from signing_keys where algorithm = :algorithm and state = 'next' for no key update;

-- name: listAllSigningKeys :many
-- Every key there ever was, oldest first, without private parts.
select id, algorithm, state, created_at, activated_at, retiring_at, retired_at
  from signing_keys
 order by created_at, id;

-- name: lockPrivateKeys :many
-- Private keys that are wrapped under this master secret, but those that somebody is at work on. A retired key has none.
select id, wrapped_key as wrapped
  from signing_keys
 where wrapping_key_id = :keyId and wrapped_key <> '' and id > :after
 order by id
 limit :limit::integer
   for no key update skip locked;

-- name: replacePrivateKeys :exec
-- Stores the same private keys, wrapped under another master secret.
update signing_keys s
   set wrapped_key = w.wrapped, wrapping_key_id = :keyId
  from unnest(:ids::text[], :wrapped::bytea[]) as w (id, wrapped)
 where s.id = w.id and s.wrapping_key_id = :formerKeyId;
