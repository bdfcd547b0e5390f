-- name: listSignInCandidates :many
-- Who may be meant by an identifier: the user who proved to own it, else those who claim it, oldest first; of a known
-- device its owner alone. At least one row, which says whether a guess is let through, so that nobody and somebody cost
-- the same. The keys of their events come along, so that they need not be asked for. The position is read in this
-- statement, with the passwords: a session that rests on them dies of anything revoked later.
with candidate as materialized (
  select u.id, p.hash, p.set_at, k.wrapped_key, k.wrapping_key_id, i.created_at, i.id as identifier_id
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
   limit :limit::integer
), device as materialized (
  select known_device_user(:deviceHash?::bytea, array(select id from candidate)) as user_id
)
select guess_retry_after(case when d.user_id is null then array[:account::bytea, :address::bytea]
                              else array[:deviceHash?::bytea] end) as "retry_after?",
       d.user_id as "device_user_id?",
       c.id as "user_id?", c.hash as "hash?", c.set_at as "set_at?",
       c.wrapped_key as "wrapped_key?", c.wrapping_key_id as "wrapping_key_id?", revocation_position() as "rev!"
  from device d
  left join candidate c on d.user_id is null or c.id = d.user_id
 order by c.created_at, c.identifier_id;

-- name: upgradePasswordHash :exec
-- Stores another hash of the same password, unless the password was changed meanwhile.
update passwords set hash = :hash where user_id = :userId and hash = :hashRead;

-- name: findUserStatus :maybe
-- The status of a user, of whom a session was refused.
select status from users where id = :id;
