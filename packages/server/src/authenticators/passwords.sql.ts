// Generated from passwords.sql by tools/sql. Do not edit.
import { exec } from '../db/query.ts'

/** Takes a password away. Needs the lock on the user. */
export const deletePassword = exec<{ userId: string }>({
  name: 'authenticators.passwords.deletePassword',
  text: `delete from passwords where user_id = $1`,
  params: ['userId'],
  columns: [],
})

/** Stores another hash of the same password, unless the password was changed meanwhile. */
export const upgradePasswordHash = exec<{ hash: string; userId: string; hashRead: string }>({
  name: 'authenticators.passwords.upgradePasswordHash',
  text: `update passwords set hash = $1 where user_id = $2 and hash = $3`,
  params: ['hash', 'userId', 'hashRead'],
  columns: [],
})

/** Sets another password, only where the one that was verified still stands. Needs the lock on the user. */
export const replacePassword = exec<{ hash: string; now: Date; userId: string; hashRead: string }>({
  name: 'authenticators.passwords.replacePassword',
  text: `update passwords set hash = $1, set_at = $2 where user_id = $3 and hash = $4`,
  params: ['hash', 'now', 'userId', 'hashRead'],
  columns: [],
})

/** Sets a password, whatever there was. Needs the lock on the user. */
export const setPassword = exec<{ userId: string; hash: string; now: Date }>({
  name: 'authenticators.passwords.setPassword',
  text: `insert into passwords (user_id, hash, set_at) values ($1, $2, $3)
on conflict (user_id) do update set hash = excluded.hash, set_at = excluded.set_at`,
  params: ['userId', 'hash', 'now'],
  columns: [],
})

/** The password that a guest will sign in with, in the place of an earlier one. Only of guests. */
export const setGuestPassword = exec<{ hash: string; now: Date; userId: string }>({
  name: 'authenticators.passwords.setGuestPassword',
  text: `insert into passwords (user_id, hash, set_at)
select u.id, $1, $2 from users u where u.id = $3 and u.is_guest
on conflict (user_id) do update set hash = excluded.hash, set_at = excluded.set_at`,
  params: ['hash', 'now', 'userId'],
  columns: [],
})
