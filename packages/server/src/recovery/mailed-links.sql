-- Links and codes from mails: made once, used once.

-- name: insertMailedLink :exec
-- A link for one purpose. Earlier ones for the same purpose and address are void. It rests on the user as read here:
-- what is revoked later kills it. Where the user may not have one, there is none.
with void as (
  update mailed_links set used_at = signet_now()
   where identifier_id = :identifierId and purpose = :purpose and used_at is null
)
insert into mailed_links (id, purpose, user_id, identifier_id, token_hash, code_hash, rev, created_at, expires_at)
select :id, :purpose, i.user_id, i.id, :tokenHash, :codeHash, revocation_position(), signet_now(),
       signet_now() + make_interval(mins => :lifetimeMinutes::integer)
  from identifiers i
  join users u on u.id = i.user_id
 where i.id = :identifierId and u.status = 'active';

-- name: findLiveLink :maybe
-- Whom a link or a code would prove something about, without using it. Of a code this counts as a try.
with presented as materialized (
  select l.id
    from mailed_links l
    join identifiers i on i.id = l.identifier_id
   where l.purpose = :purpose and l.used_at is null
     and (l.token_hash = :tokenHash?::bytea
          or (i.kind = 'email' and i.canonical = :canonical?::text and l.code_tries < :triesMax::integer
              and l.created_at > signet_now() - make_interval(mins => :codeLifetimeMinutes::integer)))
   order by l.created_at desc
   limit 1
), tried as (
  update mailed_links l
     set code_tries = l.code_tries + case when :tokenHash?::bytea is null then 1 else 0 end
    from presented p
   where l.id = p.id and l.used_at is null and l.code_tries < :triesMax + case when :tokenHash?::bytea is null then 0 else 1 end
  returning l.id, l.user_id, l.identifier_id, l.token_hash = :tokenHash? or l.code_hash = :codeHash?::bytea as matches,
            l.expires_at, l.rev
)
select t.id, t.user_id, t.identifier_id, i.kind, i.value, i.canonical, u.display_name,
       array(select o.value from identifiers o where o.user_id = u.id order by o.created_at, o.id) as "identifiers!"
  from tried t
  join users u on u.id = t.user_id
  join identifiers i on i.id = t.identifier_id
 where t.matches and t.expires_at > signet_now() and u.status = 'active' and t.rev >= greatest(u.cut, global_cut());

-- name: consumeMailedLink :maybe
-- Uses a link up, where it still stands. The single use is this condition.
update mailed_links l
   set used_at = signet_now()
  from users u
 where l.id = :id and l.used_at is null and l.expires_at > signet_now()
   and u.id = l.user_id and u.status = 'active' and l.rev >= greatest(u.cut, global_cut())
returning l.user_id;

-- name: findAddressee :maybe
-- Who is meant by an address: the user who proved it, else the one who claimed it first.
select i.id as identifier_id, i.user_id, i.value, i.verified_at is not null as "verified!", u.locale
  from identifiers i
  join users u on u.id = i.user_id
 where i.realm_id = 1 and i.kind = 'email' and i.canonical = :canonical and u.status = 'active'
 order by i.verified_at nulls last, i.created_at, i.id
 limit 1;

-- name: findClaim :maybe
-- The claim of one user to an address, or, without a user, the latest claim that nobody proved.
select i.id as identifier_id, i.user_id, i.value, i.verified_at is not null as "verified!", u.locale
  from identifiers i
  join users u on u.id = i.user_id
 where i.realm_id = 1 and i.kind = 'email' and i.canonical = :canonical and u.status = 'active'
   and (:userId?::uuid is null or i.user_id = :userId?)
   and not exists (select from identifiers v where v.realm_id = 1 and v.kind = 'email' and v.canonical = :canonical
                                               and v.verified_at is not null)
 order by i.created_at desc, i.id desc
 limit 1;

-- name: verifyIdentifier :exec
-- Notes that its user has proved an address. Needs the lock on it, and that nobody else has proved it.
update identifiers set verified_at = :now where id = :id and verified_at is null;

-- name: setPassword :exec
-- Sets a password, whatever there was. Needs the lock on the user.
insert into passwords (user_id, hash, set_at) values (:userId, :hash, :now)
on conflict (user_id) do update set hash = excluded.hash, set_at = excluded.set_at;
