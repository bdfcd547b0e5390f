-- name: insertGuest :one
-- A user without anything to sign in with. The position is read here: a session that rests on it dies of what is revoked later.
insert into users (id, locale, is_guest, created_at, updated_at)
values (:id, :locale, true, :now, :now)
returning revocation_position() as "position!";

-- name: setGuestPassword :exec
-- The password that a guest will sign in with, in the place of an earlier one. Only of guests.
insert into passwords (user_id, hash, set_at)
select u.id, :hash, :now from users u where u.id = :userId and u.is_guest
on conflict (user_id) do update set hash = excluded.hash, set_at = excluded.set_at;

-- name: isGuest :one
-- Whether a user is a guest.
select exists (select from users where id = :userId and is_guest and status = 'active') as "guest!";
