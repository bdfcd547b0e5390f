// Generated from notices.sql by tools/sql. Do not edit.
import { exec, many, maybe } from '../db/query.ts'

/** Notes the end of the chain as the place of a reader that is new: what was before it is no news. */
export const beginReading = exec<{ name: string }>({
  name: 'jobs.notices.beginReading',
  text: `insert into event_readers (name, seq) select $1, seq from event_chain on conflict (name) do nothing`,
  params: ['name'],
  columns: [],
})

/** The place of a reader that has something to read, unless another instance is reading for it. */
export const lockReaderBehind = maybe<{ name: string }, { seq: bigint }>({
  name: 'jobs.notices.lockReaderBehind',
  text: `select r.seq
  from event_readers r
 where r.name = $1 and r.seq < (select c.seq from event_chain c)
   for update skip locked`,
  params: ['name'],
  columns: ['seq'],
})

export const moveReader = exec<{ seq: bigint; name: string }>({
  name: 'jobs.notices.moveReader',
  text: `update event_readers set seq = $1 where name = $2`,
  params: ['seq', 'name'],
  columns: [],
})

/** Where a person reads notices: the address that was chosen, or proved first, and the language. */
export const findReader = maybe<{ userId: string }, { value: string; locale: string }>({
  name: 'jobs.notices.findReader',
  text: `select i.value, u.locale
  from users u
  join identifiers i on i.id = primary_email(u.id)
 where u.id = $1 and u.status <> 'deleted'`,
  params: ['userId'],
  columns: ['value', 'locale'],
})

/** The language of a person. */
export const findLocale = maybe<{ userId: string }, { locale: string }>({
  name: 'jobs.notices.findLocale',
  text: `select locale from users where id = $1 and status <> 'deleted'`,
  params: ['userId'],
  columns: ['locale'],
})

/** The language of a person, unless they have proved since then an address that the account had merely claimed. */
export const findFormerReader = maybe<{ userId: string; since: Date }, { locale: string }>({
  name: 'jobs.notices.findFormerReader',
  text: `select u.locale
  from users u
 where u.id = $1 and u.status <> 'deleted'
   and not exists (select from identifiers a
                    where a.user_id = u.id and a.kind = 'email' and a.verified_at <> a.created_at
                      and a.verified_at >= $2::timestamptz)`,
  params: ['userId', 'since'],
  columns: ['locale'],
})

/** What sessions say about their devices, and where their users read notices. Not those that are the first of their user. */
export const listStrangeSessions = many<
  {
    ids: readonly string[]
  },
  {
    id: string
    deviceModel: string | null
    deviceOs: string | null
    deviceApp: string | null
    userAgent: string | null
    value: string
    locale: string
  }
>({
  name: 'jobs.notices.listStrangeSessions',
  text: `select s.id, s.device_model, s.device_os, s.device_app, s.user_agent, i.value, u.locale
  from sessions s
  join users u on u.id = s.user_id and u.status <> 'deleted'
  join identifiers i on i.id = primary_email(u.id)
 where s.id = any($1::uuid[])
   and s.created_at > (select o.created_at from sessions o where o.user_id = s.user_id order by o.created_at limit 1)
 order by s.id`,
  params: ['ids'],
  columns: ['id', 'deviceModel', 'deviceOs', 'deviceApp', 'userAgent', 'value', 'locale'],
})
