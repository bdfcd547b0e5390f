// Generated from change-password.sql by tools/sql. Do not edit.
import { exec, maybe } from '../db/query.ts'

/** The password of a user, and what a new one may not be made of. */
export const findPasswordToChange = maybe<
  {
    userId: string
  },
  {
    hash: string | null
    displayName: string
    identifiers: string[]
  }
>({
  name: 'sign-in.change-password.findPasswordToChange',
  text: `select p.hash, u.display_name,
       array(select i.value from identifiers i where i.user_id = u.id order by i.created_at, i.id) as "identifiers!"
  from users u
  left join passwords p on p.user_id = u.id
 where u.id = $1 and u.status = 'active'`,
  params: ['userId'],
  columns: ['hash', 'displayName', 'identifiers'],
})

/** Sets another password, only where the one that was verified still stands. Needs the lock on the user. */
export const replacePassword = exec<{ hash: string; now: Date; userId: string; hashRead: string }>({
  name: 'sign-in.change-password.replacePassword',
  text: `update passwords set hash = $1, set_at = $2 where user_id = $3 and hash = $4`,
  params: ['hash', 'now', 'userId', 'hashRead'],
  columns: [],
})
