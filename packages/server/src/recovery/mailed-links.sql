-- Links and codes from mails: made once, used once.

-- name: insertMailedLink :exec
-- A link for one purpose. Earlier ones for the same purpose and address are void where `voidsEarlier`. It rests on the user
-- as read here, or as read at `rev`: what is revoked later kills it. Where the user may not have one, there is none.
with void as (
  update mailed_links
     set used_at = signet_now()
   where user_id = :userId::uuid and purpose = :purpose and used_at is null and :voidsEarlier::boolean and id <> :id
     and identifier_id is not distinct from :identifierId?::uuid
     and (identifier_id is not null or canonical = :canonical)
)
insert into mailed_links (id, purpose, user_id, identifier_id, value, canonical, token_hash, code_hash, request_hash, rev,
                          created_at, expires_at)
select :id, :purpose, u.id, i.id, coalesce(:value?, i.value), :canonical, :tokenHash, :codeHash, :requestHash?,
       coalesce(:rev?::bigint, revocation_position()), signet_now(),
       signet_now() + make_interval(mins => :lifetimeMinutes::integer)
  from users u
  left join identifiers i on i.id = :identifierId? and i.user_id = u.id
 where u.id = :userId and mailed_link_lives(:purpose, coalesce(:rev?, revocation_position()), u.status, u.cut)
   and (i.id is not null or :identifierId? is null)
on conflict (id) do nothing;

-- name: findLiveLink :maybe
-- Whom a link or a code would prove something about, without using it. Of a code this counts as a try. A code is found by
-- the address that it went to, by its link, or by the request for it. What was asked for with a request is good with it alone.
with presented as materialized (
  select l.id
    from mailed_links l
   where l.purpose = :purpose and l.used_at is null and (:userId?::uuid is null or l.user_id = :userId?)
     and (l.request_hash is null or l.request_hash = :requestHash?::bytea)
     and (l.token_hash = :tokenHash?::bytea
          or (:tokenHash? is null
              and (l.canonical = :canonical?::text or l.id = :linkId?::uuid or l.request_hash = :requestHash?)
              and l.code_tries < :triesMax::integer
              and l.created_at > signet_now() - make_interval(mins => :codeLifetimeMinutes::integer)))
   order by l.created_at desc
   limit 1
), tried as (
  update mailed_links l
     set code_tries = l.code_tries + case when :tokenHash?::bytea is null then 1 else 0 end
    from presented p
   where l.id = p.id and l.used_at is null and l.code_tries < :triesMax + case when :tokenHash?::bytea is null then 0 else 1 end
  returning l.id, l.user_id, l.identifier_id, l.value, l.canonical,
            l.token_hash = :tokenHash? or l.code_hash = :codeHash?::bytea as matches, l.created_at, l.expires_at, l.rev
)
select t.id, t.user_id, t.identifier_id, t.value as "value!", t.canonical as "canonical!", t.created_at, u.display_name,
       array(select o.value from identifiers o where o.user_id = u.id order by o.created_at, o.id) as "identifiers!"
  from tried t
  join users u on u.id = t.user_id
 where t.matches and t.expires_at > signet_now() and mailed_link_lives(:purpose, t.rev, u.status, u.cut);

-- name: consumeMailedLink :maybe
-- Uses a link up, where it still stands, and reads on which position of the revocation log that rests. The single use is this
-- condition.
update mailed_links l
   set used_at = signet_now()
  from users u
 where l.id = :id and l.used_at is null and l.expires_at > signet_now()
   and u.id = l.user_id and mailed_link_lives(l.purpose, l.rev, u.status, u.cut)
returning revocation_position() as "position!";

-- name: voidUndoLinks :exec
-- Links that would undo a change that was made before an address of the user was proved, which the account had merely claimed until then;
-- or all. Needs the lock on the user.
update mailed_links l
   set used_at = signet_now()
  from identifiers a
 where l.user_id = :userId and l.purpose = 'undo_email_change' and l.used_at is null
   and a.id = :identifierId and a.user_id = l.user_id
   and (:all::boolean or (a.verified_at <> a.created_at and l.created_at <= a.verified_at));

-- name: hasProvedAnother :one
-- Whether a user has proved an address, but not this one.
select primary_email(:userId::uuid) is not null
       and not exists (select from identifiers where user_id = :userId and kind = 'email' and canonical = :canonical
                                                 and verified_at is not null) as "proved!";

-- name: findAddressee :maybe
-- Who is meant by an address: the user who proved it, else the one who claimed it first and has proved nothing else. Whoever
-- reads a mailbox gets no account of which somebody has proved another address.
select i.id as identifier_id, i.user_id, i.value, i.verified_at is not null as "verified!", u.locale
  from identifiers i
  join users u on u.id = i.user_id
 where i.realm_id = 1 and i.kind = 'email' and i.canonical = :canonical and u.status = 'active'
   and (i.verified_at is not null
        or not exists (select from identifiers v where v.user_id = i.user_id and v.verified_at is not null))
 order by i.verified_at nulls last, i.created_at, i.id
 limit 1;

-- name: findClaim :maybe
-- The claim of one user to an address, or, without a user, the latest claim that nobody proved; of an account that has proved another
-- address none: that one is somebody else's.
select i.id as identifier_id, i.user_id, i.value, i.verified_at is not null as "verified!", u.locale
  from identifiers i
  join users u on u.id = i.user_id
 where i.realm_id = 1 and i.kind = 'email' and i.canonical = :canonical and u.status = 'active'
   and (:userId?::uuid is null or i.user_id = :userId?)
   and not exists (select from identifiers v where v.realm_id = 1 and v.kind = 'email' and v.canonical = :canonical
                                               and v.verified_at is not null)
   and primary_email(i.user_id) is null
 order by i.created_at desc, i.id desc
 limit 1;

-- name: deleteOldLinks :exec
-- Links that were used, or could have been, a while ago.
delete from mailed_links
 where id in (select id from mailed_links where expires_at < signet_now() - make_interval(days => :days::integer)
               limit :limit::integer for update skip locked);
