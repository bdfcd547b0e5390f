-- name: findKnownDevice :one
-- Whether this user has used the device before.
select known_device_user(:secretHash::bytea, array[:userId::uuid]) as "user_id?";

-- name: dropPassword :exec
-- Takes away a password that anybody could have set. Needs the lock on the user.
delete from passwords where user_id = :userId;
