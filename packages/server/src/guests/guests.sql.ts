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

/** Whether a user is a guest. */
export const isGuest = one<{ userId: string }, { guest: boolean }>({
  name: 'guests.isGuest',
  text: `select exists (select from users where id = $1 and is_guest and status = 'active') as "guest!"`,
  params: ['userId'],
  columns: ['guest'],
})

/** Guests to whom nobody can come back: without a live session, and without a link that would make them somebody. A day is left for those who are just about to. */
export const deleteGoneGuests = exec<{ limit: number }>({
  name: 'guests.deleteGoneGuests',
  text: `delete from users
 where id in (select u.id from users u
               where u.is_guest and u.created_at < signet_now() - interval '1 day'
                 and not exists (select from sessions s
                                  where s.user_id = u.id and s.ended_at is null
                                    and least(s.idle_expires_at, s.expires_at) > signet_now())
                 and not exists (select from mailed_links l
                                  where l.user_id = u.id and l.used_at is null and l.expires_at > signet_now())
               order by u.created_at, u.id
               limit $1::integer
                 for update of u skip locked)`,
  params: ['limit'],
  columns: [],
})
