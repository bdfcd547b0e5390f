-- name: findKnownDevice :one
-- Whether this user has used the device before.
select known_device_user(:secretHash::bytea, array[:userId::uuid]) as "user_id?";
