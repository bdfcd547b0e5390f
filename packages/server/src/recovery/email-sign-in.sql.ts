// Generated from email-sign-in.sql by tools/sql. Do not edit.
import { exec, one } from '../db/query.ts'

/** Whether this user has used the device before. */
export const findKnownDevice = one<
  {
    secretHash: Buffer
    userId: string
  },
  {
    userId: string | null
  }
>({
  name: 'recovery.email-sign-in.findKnownDevice',
  text: `select known_device_user($1::bytea, array[$2::uuid]) as "user_id?"`,
  params: ['secretHash', 'userId'],
  columns: ['userId'],
})

/** Takes away a password that anybody could have set. Needs the lock on the user. */
export const dropPassword = exec<{ userId: string }>({
  name: 'recovery.email-sign-in.dropPassword',
  text: `delete from passwords where user_id = $1`,
  params: ['userId'],
  columns: [],
})
