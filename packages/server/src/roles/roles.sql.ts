// Generated from roles.sql by tools/sql. Do not edit.
import { exec } from '../db/query.ts'

/** Gives a user a built-in role everywhere. Taking the role of administrators away needs the lock on administrators; giving it does not. */
export const assignRole = exec<{ userId: string; createdAt: Date; name: string }>({
  name: 'roles.assignRole',
  text: `insert into role_assignments (user_id, role_id, created_at)
select $1, r.id, $2 from roles r where r.realm_id = 1 and r.built_in and r.name = $3
on conflict do nothing`,
  params: ['userId', 'createdAt', 'name'],
  columns: [],
})
