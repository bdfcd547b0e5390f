-- What the migration runner reads and writes about itself.

-- name: createMigrationTable :exec
create table if not exists schema_migrations (
  name       text primary key,
  checksum   text not null,
  applied_at timestamptz not null default now()
);

-- name: listAppliedMigrations :many
-- By name, which begins with the number: in the order in which they were applied.
select name, checksum from schema_migrations order by name collate "C";

-- name: insertAppliedMigration :exec
insert into schema_migrations (name, checksum) values (:name, :checksum);
