-- name: deletePassword :exec
-- Takes a password away. Needs the lock on the user.
delete from passwords where user_id = :userId;

-- name: upgradePasswordHash :exec
-- Stores another hash of the same password, unless the password was changed meanwhile.
update passwords set hash = :hash where user_id = :userId and hash = :hashRead;

-- name: replacePassword :exec
-- Sets another password, only where the one that was verified still stands. Needs the lock on the user.
update passwords set hash = :hash, set_at = :now where user_id = :userId and hash = :hashRead;

-- name: setPassword :exec
-- Sets a password, whatever there was. Needs the lock on the user.
insert into passwords (user_id, hash, set_at) values (:userId, :hash, :now)
on conflict (user_id) do update set hash = excluded.hash, set_at = excluded.set_at;

-- name: setGuestPassword :exec
-- The password that a guest will sign in with, in the place of an earlier one. Only of guests.
insert into passwords (user_id, hash, set_at)
select u.id, :hash, :now from users u where u.id = :userId and u.is_guest
on conflict (user_id) do update set hash = excluded.hash, set_at = excluded.set_at;
