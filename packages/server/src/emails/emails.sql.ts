// Generated from emails.sql by tools/sql. Do not edit.
import { exec, many, maybe, one } from '../db/query.ts'

/** The addresses of a user, oldest first. */
export const listEmails = many<
  {
    userId: string
  },
  {
    id: string
    value: string
    canonical: string
    verified: boolean
    primary: boolean
  }
>({
  name: 'emails.listEmails',
  text: `select i.id, i.value, i.canonical, i.verified_at is not null as "verified!", coalesce(i.id = primary_email(i.user_id), false) as "primary!"
  from identifiers i
 where i.user_id = $1 and i.kind = 'email'
 order by i.created_at, i.id`,
  params: ['userId'],
  columns: ['id', 'value', 'canonical', 'verified', 'primary'],
})

/** Addresses that a user asked for and has not proved, while their links are good. */
export const listPendingEmails = many<
  {
    userId: string
  },
  {
    id: string
    value: string
    replaces: string | null
    expiresAt: Date
  }
>({
  name: 'emails.listPendingEmails',
  text: `select l.id, l.value as "value!", l.identifier_id as "replaces?", l.expires_at
  from mailed_links l
  join users u on u.id = l.user_id
 where l.user_id = $1 and l.purpose = 'add_email' and l.used_at is null and l.expires_at > signet_now()
   and mailed_link_lives(l.purpose, l.rev, u.status, u.cut)
 order by l.created_at, l.id`,
  params: ['userId'],
  columns: ['id', 'value', 'replaces', 'expiresAt'],
})

/** The position of the revocation log. Asked with the lock on a user and a live session, it is one on which what that user asks for may rest. */
export const readPosition = one<void, { position: bigint }>({
  name: 'emails.readPosition',
  text: `select revocation_position() as "position!"`,
  params: [],
  columns: ['position'],
})

/** The language of a user who may have mail sent. */
export const findAsker = maybe<{ id: string }, { locale: string }>({
  name: 'emails.findAsker',
  text: `select locale from users where id = $1 and status = 'active'`,
  params: ['id'],
  columns: ['locale'],
})

/** Who has proved an address. */
export const findOwnerOfEmail = maybe<
  {
    canonical: string
  },
  {
    userId: string
    value: string
    locale: string
  }
>({
  name: 'emails.findOwnerOfEmail',
  text: `select i.user_id, i.value, u.locale
  from identifiers i
  join users u on u.id = i.user_id
 where i.realm_id = 1 and i.kind = 'email' and i.canonical = $1 and i.verified_at is not null`,
  params: ['canonical'],
  columns: ['userId', 'value', 'locale'],
})

/** An address that was proved just now. Needs the lock on the address, and that nobody else has proved it. */
export const insertVerifiedEmail = exec<
  {
    id: string
    userId: string
    value: string
    canonical: string
    now: Date
  }
>({
  name: 'emails.insertVerifiedEmail',
  text: `insert into identifiers (id, user_id, kind, value, canonical, verified_at, created_at)
values ($1, $2, 'email', $3, $4, $5, $5)
on conflict (user_id, kind, canonical) do update
   set verified_at = coalesce(identifiers.verified_at, excluded.verified_at), value = excluded.value, claim_expires_at = null`,
  params: ['id', 'userId', 'value', 'canonical', 'now'],
  columns: [],
})

/** Takes an address away, unless it is the last way in, or the last proved one where nobody comes in without. Needs the lock on the user. */
export const deleteEmail = maybe<
  {
    id: string
    userId: string
    configuredProviders: readonly string[]
    addressNeeded: boolean
  },
  {
    value: string
    verified: boolean
    primary: boolean
  }
>({
  name: 'emails.deleteEmail',
  text: `delete from identifiers i
 where i.id = $1 and i.user_id = $2 and i.kind = 'email' and has_other_way_in(i.user_id, i.id, $3::text[])
   and (i.verified_at is null or not $4
        or exists (select from identifiers o
                    where o.user_id = i.user_id and o.id <> i.id and o.kind = 'email' and o.verified_at is not null))
returning i.value, i.verified_at is not null as "verified!", coalesce(i.id = primary_email(i.user_id), false) as "primary!"`,
  params: ['id', 'userId', 'configuredProviders', 'addressNeeded'],
  columns: ['value', 'verified', 'primary'],
})

/** An address that waits is not wanted any more. */
export const withdrawPendingEmail = exec<{ id: string; userId: string }>({
  name: 'emails.withdrawPendingEmail',
  text: `update mailed_links set used_at = signet_now()
 where id = $1 and user_id = $2 and purpose = 'add_email' and used_at is null`,
  params: ['id', 'userId'],
  columns: [],
})

/** No address is chosen. Needs the lock on the user. */
export const clearPrimaryEmail = exec<{ userId: string }>({
  name: 'emails.clearPrimaryEmail',
  text: `update identifiers set is_primary = false where user_id = $1 and kind = 'email' and is_primary`,
  params: ['userId'],
  columns: [],
})

/** An address is chosen, where it is proved. Needs the lock on the user, and that none is chosen. */
export const setPrimaryEmail = exec<{ userId: string; canonical: string }>({
  name: 'emails.setPrimaryEmail',
  text: `update identifiers set is_primary = true where user_id = $1 and kind = 'email' and canonical = $2 and verified_at is not null`,
  params: ['userId', 'canonical'],
  columns: [],
})

/** What came since a moment, but for the address that is given back and for what the account was opened with. Needs the lock on the user. */
export const deleteIdentifiersSince = many<
  {
    userId: string
    canonical: string
    since: Date
  },
  {
    kind: 'email' | 'phone' | 'username'
    value: string
  }
>({
  name: 'emails.deleteIdentifiersSince',
  text: `delete from identifiers i
 using users u
 where u.id = i.user_id and i.user_id = $1 and not (i.kind = 'email' and i.canonical = $2)
   and i.created_at > u.created_at and i.created_at > $3::timestamptz
returning i.kind, i.value`,
  params: ['userId', 'canonical', 'since'],
  columns: ['kind', 'value'],
})

/** Links that would take a later change back, and so undo this. */
export const voidLaterUndoLinks = exec<{ userId: string; changedAt: Date }>({
  name: 'emails.voidLaterUndoLinks',
  text: `update mailed_links set used_at = signet_now()
 where user_id = $1 and purpose = 'undo_email_change' and used_at is null and created_at >= $2::timestamptz`,
  params: ['userId', 'changedAt'],
  columns: [],
})
