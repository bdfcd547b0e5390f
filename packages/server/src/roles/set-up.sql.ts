// Generated from set-up.sql by tools/sql. Do not edit.
import { maybe, one } from '../db/query.ts'

/** Which installation this is, and whether it ever had an administrator. */
export const findInstallation = one<void, { instanceId: string; setUp: boolean }>({
  name: 'roles.set-up.findInstallation',
  text: `select instance_id as "instance_id!", set_up_at is not null as "set_up!" from installation`,
  params: [],
  columns: ['instanceId', 'setUp'],
})

/** Notes that there is an administrator; a row for the first one alone. */
export const markSetUp = maybe<void, { instanceId: string }>({
  name: 'roles.set-up.markSetUp',
  text: `update installation set set_up_at = signet_now() where set_up_at is null returning instance_id`,
  params: [],
  columns: ['instanceId'],
})
