// Generated from guests.sql by tools/sql. Do not edit.
import { exec, one } from '../db/query.ts'

/** A user without anything to sign in with. The position is read here: a session that rests on it dies of what is revoked later. */
export const insertGuest = one<{ id: string; locale: string; now: Date }, { position: bigint }>({
  name: 'guests.insertGuest',
  text: `insert into users (id, locale, is_guest, created_at, updated_at)
values ($1, $2, true, $3, $3)
returning revocation_position() as "position!"`,
  params: ['id', 'locale', 'now'],
  columns: ['position'],
})

/** The password that a guest will sign in with, in the place of an earlier one. Only of guests. */
export const setGuestPassword = exec<{ hash: string; now: Date; userId: string }>({
  name: 'guests.setGuestPassword',
  text: `insert into passwords (user_id, hash, set_at)
select u.id, $1, $2 from users u where u.id = $3 and u.is_guest
on conflict (user_id) do update set hash = excluded.hash, set_at = excluded.set_at`,
  params: ['hash', 'now', 'userId'],
  columns: [],
})

/** Whether a user is a guest. */
export const isGuest = one<{ userId: string }, { guest: boolean }>({
  name: 'guests.isGuest',
  text: `select exists (select from users where id = $1 and is_guest and status = 'active') as "guest!"`,
  params: ['userId'],
  columns: ['guest'],
})
