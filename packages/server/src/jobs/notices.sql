-- What the notices read: how far they have come, and whom to write to.

-- name: beginReading :exec
-- Notes the end of the chain as the place of a reader that is new: what was before it is no news.
insert into event_readers (name, seq) select :name, seq from event_chain on conflict (name) do nothing;

-- name: lockReaderBehind :maybe
-- The place of a reader that has something to read, unless another instance is reading for it.
select r.seq
  from event_readers r
 where r.name = :name and r.seq < (select c.seq from event_chain c)
   for update skip locked;

-- name: moveReader :exec
update event_readers set seq = :seq where name = :name;

-- name: findReader :maybe
-- Where a person reads notices: the address that was chosen, or proved first, and the language.
select i.value, u.locale
  from users u
  join identifiers i on i.id = primary_email(u.id)
 where u.id = :userId and u.status <> 'deleted';

-- name: findLocale :maybe
-- The language of a person.
select locale from users where id = :userId and status <> 'deleted';

-- name: findFormerReader :maybe
-- The language of a person, unless they have proved since then an address that the account had merely claimed.
select u.locale
  from users u
 where u.id = :userId and u.status <> 'deleted'
   and not exists (select from identifiers a
                    where a.user_id = u.id and a.kind = 'email' and a.verified_at <> a.created_at
                      and a.verified_at >= :since::timestamptz);

-- name: listStrangeSessions :many
-- What sessions say about their devices, and where their users read notices. Not those that are the first of their user.
select s.id, s.device_model, s.device_os, s.device_app, s.user_agent, i.value, u.locale
  from sessions s
  join users u on u.id = s.user_id and u.status <> 'deleted'
  join identifiers i on i.id = primary_email(u.id)
 where s.id = any(:ids::uuid[])
   and s.created_at > (select o.created_at from sessions o where o.user_id = s.user_id order by o.created_at limit 1)
 order by s.id;
