// Generated from proven-sign-in.sql by tools/sql. Do not edit.
import { one } from '../db/query.ts'

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
  name: 'sign-in.proven-sign-in.findKnownDevice',
  text: `select (select d from known_device_user($1::bytea, array[$2::uuid]) as d) as "user_id?"`,
  params: ['secretHash', 'userId'],
  columns: ['userId'],
})
