// Generated from status.sql by tools/sql. Do not edit.
import { one } from '../db/query.ts'

/** The server's version, its clock, and whether a commit waits for a second machine. */
export const findServerFacts = one<
  void,
  {
    version: string
    now: Date
    inRecovery: boolean
    standbyNamed: boolean
    standbyConnected: boolean
  }
>({
  name: 'cli.status.findServerFacts',
  text: `select current_setting('server_version') as "version!",
       clock_timestamp() as "now!",
       pg_is_in_recovery() as "in_recovery!",
       current_setting('synchronous_standby_names') <> '' as "standby_named!",
       exists (select from pg_stat_replication r where r.sync_state in ('sync', 'quorum')) as "standby_connected!"`,
  params: [],
  columns: ['version', 'now', 'inRecovery', 'standbyNamed', 'standbyConnected'],
})

/** Users and administrators, each counted up to a bound. */
export const countAccounts = one<
  {
    bound: bigint
  },
  {
    activeUsers: number
    suspendedUsers: number
    administrators: number
  }
>({
  name: 'cli.status.countAccounts',
  text: `select (select count(*)::integer from (select from users where status = 'active' limit $1) u) as "active_users!",
       (select count(*)::integer from (select from users where status = 'suspended' limit $1) u)
         as "suspended_users!",
       (select count(*)::integer
          from (select from role_assignments a
                  join roles r on r.id = a.role_id
                  join users u on u.id = a.user_id
                 where r.built_in and r.name = 'administrator' and a.organization_id is null and u.status = 'active'
                 limit $1) a) as "administrators!"`,
  params: ['bound'],
  columns: ['activeUsers', 'suspendedUsers', 'administrators'],
})

/** Where the revocation log stands. */
export const findLogHead = one<void, { logId: string; position: bigint }>({
  name: 'cli.status.findLogHead',
  text: `select log_id::text as "log_id!", position from revocation_head`,
  params: [],
  columns: ['logId', 'position'],
})

/** Who else works on this database at the moment. */
export const countOtherClients = one<void, { clients: number }>({
  name: 'cli.status.countOtherClients',
  text: `select count(*)::integer as "clients!"
  from pg_stat_activity a
 where a.datname = current_database() and a.backend_type = 'client backend' and a.pid <> pg_backend_pid()`,
  params: [],
  columns: ['clients'],
})
