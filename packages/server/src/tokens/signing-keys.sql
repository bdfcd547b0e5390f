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
