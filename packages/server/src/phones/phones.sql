-- The numbers of an account, and codes that prove one.

-- name: countPhones :one
-- How many numbers a user has, and whether this is one of them.
select count(*)::integer as "count!", coalesce(bool_or(canonical = :canonical), false) as "has!"
  from identifiers where user_id = :userId and kind = 'phone' and verified_at is not null;

-- name: findLocale :maybe
select locale from users where id = :userId and status = 'active';

-- name: insertCode :exec
-- A code. It rests on its user as read here; what is revoked later kills it.
insert into phone_codes (id, purpose, user_id, canonical, rev, created_at, expires_at)
values (:id, :purpose, :userId?, :canonical, revocation_position(), signet_now(),
        signet_now() + make_interval(secs => :lifetimeSeconds::integer))
on conflict (id) do nothing;

-- name: findOwner :maybe
-- Who has proved a number.
select i.user_id, u.locale
  from identifiers i
  join users u on u.id = i.user_id
 where i.realm_id = 1 and i.kind = 'phone' and i.canonical = :canonical and i.verified_at is not null and u.status = 'active';

-- name: readGuessState :one
-- Whether a guess at a number is let through, and whose known device it comes from.
select (select r from guess_retry_after(case when d.user_id is null then array[:account::bytea, :address::bytea]
                                        else array[:deviceHash?::bytea] end) as r) as "retry_after?",
       d.user_id as "device_user_id?"
  from (select array_agg(i.user_id) as owners
          from identifiers i
         where i.realm_id = 1 and i.kind = 'phone' and i.canonical = :canonical and i.verified_at is not null) o
  left join known_device_user(:deviceHash?, o.owners) as d (user_id) on true;

-- name: tryCode :maybe
-- What a code stands for. This counts as a try, of a code of nobody too.
with tried as (
  update phone_codes c
     set code_tries = c.code_tries + 1
   where c.id = :id::uuid and c.purpose = :purpose and c.used_at is null and c.code_tries < :triesMax::integer
     and (:canonical?::text is null or c.canonical = :canonical?)
     and (:userId?::uuid is null or c.user_id = :userId?)
  returning c.user_id, c.canonical, c.rev, c.expires_at, c.purpose
)
select t.user_id, t.canonical, t.rev,
       coalesce(t.expires_at > signet_now() and u.status = 'active' and t.rev >= greatest(u.cut, global_cut())
                and (t.purpose = 'add_phone'
                     or exists (select from identifiers i
                                 where i.user_id = t.user_id and i.kind = 'phone' and i.canonical = t.canonical
                                   and i.verified_at is not null)), false) as "good!"
  from tried t
  left join users u on u.id = t.user_id;

-- name: consumeCode :maybe
-- Uses a code up. The single use is this condition.
update phone_codes c
   set used_at = signet_now()
  from users u
 where c.id = :id and c.used_at is null and c.expires_at > signet_now()
   and u.id = c.user_id and u.status = 'active' and c.rev >= greatest(u.cut, global_cut())
returning c.user_id;

-- name: takeFromOthers :many
-- Takes a number from whoever else has it, with what was sent there to sign in with. Needs the lock on the number.
with taken as (
  delete from identifiers
   where realm_id = 1 and kind = 'phone' and canonical = :canonical and user_id <> :userId::uuid
  returning user_id
), void as (
  update phone_codes c set used_at = signet_now()
    from taken t where c.user_id = t.user_id and c.canonical = :canonical and c.used_at is null
)
select user_id from taken;

-- name: insertPhone :exec
-- A number that was proved just now. Needs the lock on the number, and that nobody else has it.
insert into identifiers (id, user_id, kind, value, canonical, verified_at, created_at)
values (:id, :userId, 'phone', :canonical, :canonical, :now, :now)
on conflict (user_id, kind, canonical) do update set verified_at = coalesce(identifiers.verified_at, excluded.verified_at);

-- name: lockNumber :exec
-- Makes those who change the holders of one number go one after the other, until their transactions end.
select pg_advisory_xact_lock(hashtextextended('signet identifier phone ' || :canonical, 0));

-- name: removePhone :maybe
-- Takes a number away, with what was sent there to sign in with, unless it is the last way in. Needs the lock on the user.
with removed as (
  delete from identifiers i
   where i.user_id = :userId and i.kind = 'phone' and i.canonical = :canonical and has_other_way_in(i.user_id, i.id, :configuredProviders::text[])
  returning i.canonical
), void as (
  update phone_codes c set used_at = signet_now()
    from removed r where c.user_id = :userId and c.canonical = r.canonical and c.used_at is null
)
select canonical from removed;

-- name: deleteOldCodes :exec
-- Codes that could have been used a while ago.
delete from phone_codes
 where id in (select id from phone_codes where expires_at < signet_now() - interval '1 day'
               limit :limit::integer for update skip locked);
