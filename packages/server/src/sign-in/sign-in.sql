-- name: listSignInCandidates :many
-- Who may be meant by an identifier: the user who proved to own it, else those who claim it, oldest first. The position
-- is read in this statement, with the passwords: a session that rests on them dies of anything revoked later. The keys
-- of their events come along, so that they need not be asked for.
select u.id as user_id, p.hash, p.set_at, revocation_position() as "rev!",
       k.wrapped_key, k.wrapping_key_id
  from identifiers i
  join users u on u.id = i.user_id
  left join passwords p on p.user_id = u.id
  left join event_keys k on k.owner = u.id::text
 where i.realm_id = 1 and i.kind = :kind and i.canonical = :canonical and u.status <> 'deleted'
   and (i.verified_at is not null
        or not exists (select from identifiers v
                        where v.realm_id = 1 and v.kind = :kind and v.canonical = :canonical
                          and v.verified_at is not null))
 order by i.created_at, i.id
 limit :limit::integer;

-- name: upgradePasswordHash :exec
-- Stores another hash of the same password, unless the password was changed meanwhile.
update passwords set hash = :hash where user_id = :userId and hash = :hashRead;

-- name: findUserStatus :maybe
-- The status of a user, of whom a session was refused.
select status from users where id = :id;
