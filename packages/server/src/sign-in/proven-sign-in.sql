-- name: findKnownDevice :one
-- Whether this user has used the device before.
select (select d from known_device_user(:secretHash::bytea, array[:userId::uuid]) as d) as "user_id?";
