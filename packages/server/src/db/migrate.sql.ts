// Generated from migrate.sql by tools/sql. Do not edit.
import { exec, many } from './query.ts'

export const createMigrationTable = exec<void>({
  name: 'db.migrate.createMigrationTable',
  text: `create table if not exists schema_migrations (
  name       text primary key,
  checksum   text not null,
  applied_at timestamptz not null default now()
)`,
  params: [],
  columns: [],
})

/** By name, which begins with the number: in the order in which they were applied. */
export const listAppliedMigrations = many<void, { name: string; checksum: string }>({
  name: 'db.migrate.listAppliedMigrations',
  text: `select name, checksum from schema_migrations order by name collate "C"`,
  params: [],
  columns: ['name', 'checksum'],
})

export const insertAppliedMigration = exec<{ name: string; checksum: string }>({
  name: 'db.migrate.insertAppliedMigration',
  text: `insert into schema_migrations (name, checksum) values ($1, $2)`,
  params: ['name', 'checksum'],
  columns: [],
})
