-- name: deletePassword :exec
-- Takes a password away. Needs the lock on the user.
delete from passwords where user_id = :userId;
