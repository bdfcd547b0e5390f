// Generated from change-password.sql by tools/sql. Do not edit.
import { one } from '../db/query.ts'

/** The password of a user, what a new one may not be made of, and whether a guess is let through. At least one row. */
export const findPasswordToChange = one<
  {
    account: Buffer
    address: Buffer
    userId: string
  },
  {
    retryAfter: number | null
    userId: string | null
    hash: string | null
    displayName: string | null
    identifiers: string[]
  }
>({
  name: 'sign-in.change-password.findPasswordToChange',
  text: `select (select r from guess_retry_after(array[$1::bytea, $2::bytea]) as r) as "retry_after?",
       u.id as "user_id?", p.hash as "hash?", u.display_name as "display_name?",
       array(select i.value from identifiers i where i.user_id = u.id order by i.created_at, i.id) as "identifiers!"
  from (values ($3::uuid)) asked (id)
  left join users u on u.id = asked.id and u.status = 'active'
  left join passwords p on p.user_id = u.id`,
  params: ['account', 'address', 'userId'],
  columns: ['retryAfter', 'userId', 'hash', 'displayName', 'identifiers'],
})
