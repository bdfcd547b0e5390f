// Generated from sign-in.sql by tools/sql. Do not edit.
import { exec, many, maybe } from '../db/query.ts'

/** Who may be meant by an identifier: the user who proved to own it, else those who claim it, oldest first. The position is read in this statement, with the passwords: a session that rests on them dies of anything revoked later. The keys of their events come along, so that they need not be asked for. */
export const listSignInCandidates = many<
  {
    kind: string
    canonical: string
    limit: number
  },
  {
    userId: string
    hash: string | null
    setAt: Date | null
    rev: bigint
    wrappedKey: Buffer | null
    wrappingKeyId: string | null
  }
>({
  name: 'sign-in.listSignInCandidates',
  text: `select u.id as user_id, p.hash, p.set_at, revocation_position() as "rev!",
       k.wrapped_key, k.wrapping_key_id
  from identifiers i
  join users u on u.id = i.user_id
  left join passwords p on p.user_id = u.id
  left join event_keys k on k.owner = u.id::text
 where i.realm_id = 1 and i.kind = $1 and i.canonical = $2 and u.status <> 'deleted'
   and (i.verified_at is not null
        or not exists (select from identifiers v
                        where v.realm_id = 1 and v.kind = $1 and v.canonical = $2
                          and v.verified_at is not null))
 order by i.created_at, i.id
 limit $3::integer`,
  params: ['kind', 'canonical', 'limit'],
  columns: ['userId', 'hash', 'setAt', 'rev', 'wrappedKey', 'wrappingKeyId'],
})

/** Stores another hash of the same password, unless the password was changed meanwhile. */
export const upgradePasswordHash = exec<{ hash: string; userId: string; hashRead: string }>({
  name: 'sign-in.upgradePasswordHash',
  text: `update passwords set hash = $1 where user_id = $2 and hash = $3`,
  params: ['hash', 'userId', 'hashRead'],
  columns: [],
})

/** The status of a user, of whom a session was refused. */
export const findUserStatus = maybe<{ id: string }, { status: 'active' | 'suspended' | 'deleted' }>({
  name: 'sign-in.findUserStatus',
  text: `select status from users where id = $1`,
  params: ['id'],
  columns: ['status'],
})
