-- What `signet status` asks of the server and the schema.

-- name: findServerFacts :one
-- The server's version, its clock, and whether a commit waits for a second machine.
select current_setting('server_version') as "version!",
       clock_timestamp() as "now!",
       pg_is_in_recovery() as "in_recovery!",
       current_setting('synchronous_standby_names') <> '' as "standby_named!",
       exists (select from pg_stat_replication r where r.sync_state in ('sync', 'quorum')) as "standby_connected!";

-- name: countAccounts :one
-- Users and administrators, each counted up to a bound.
select (select count(*)::integer from (select from users where status = 'active' limit :bound) u) as "active_users!",
       (select count(*)::integer from (select from users where status = 'suspended' limit :bound) u)
         as "suspended_users!",
       (select count(*)::integer
          from (select from role_assignments a
                  join roles r on r.id = a.role_id
                  join users u on u.id = a.user_id
                 where r.built_in and r.name = 'administrator' and a.organization_id is null and u.status = 'active'
                 limit :bound) a) as "administrators!";

-- name: findLogHead :one
-- Where the revocation log stands.
select log_id::text as "log_id!", position from revocation_head;

-- name: countOtherClients :one
-- Who else works on this database at the moment.
select count(*)::integer as "clients!"
  from pg_stat_activity a
 where a.datname = current_database() and a.backend_type = 'client backend' and a.pid <> pg_backend_pid();
