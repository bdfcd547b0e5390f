// Generated from passwords.sql by tools/sql. Do not edit.
import { exec } from '../db/query.ts'

/** Takes a password away. Needs the lock on the user. */
export const deletePassword = exec<{ userId: string }>({
  name: 'authenticators.passwords.deletePassword',
  text: `delete from passwords where user_id = $1`,
  params: ['userId'],
  columns: [],
})
