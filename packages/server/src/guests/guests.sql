-- name: insertGuest :one
-- A user without anything to sign in with. The position is read here: a session that rests on it dies of what is revoked later.
insert into users (id, locale, is_guest, created_at, updated_at)
values (:id, :locale, true, :now, :now)
returning revocation_position() as "position!";

-- name: isGuest :one
-- Whether a user is a guest.
select exists (select from users where id = :userId and is_guest and status = 'active') as "guest!";

-- name: deleteGoneGuests :exec
-- Guests to whom nobody can come back: without a live session, and without a link that would make them somebody. A day is left
-- for those who are just about to.
delete from users
 where id in (select u.id from users u
               where u.is_guest and u.created_at < signet_now() - interval '1 day'
                 and not exists (select from sessions s
                                  where s.user_id = u.id and s.ended_at is null
                                    and least(s.idle_expires_at, s.expires_at) > signet_now())
                 and not exists (select from mailed_links l
                                  where l.user_id = u.id and l.used_at is null and l.expires_at > signet_now())
               order by u.created_at, u.id
               limit :limit::integer
                 for update of u skip locked);
