-- name: findInstallation :one
-- Which installation this is, and whether it ever had an administrator.
select instance_id as "instance_id!", set_up_at is not null as "set_up!" from installation;

-- name: markSetUp :maybe
-- Notes that there is an administrator; a row for the first one alone.
update installation set set_up_at = signet_now() where set_up_at is null returning instance_id;
