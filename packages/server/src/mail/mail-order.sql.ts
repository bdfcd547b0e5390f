// Generated from mail-order.sql by tools/sql. Do not edit.
import { exec, many } from '../db/query.ts'

/** Mails that wait, or are being sent, with something in them that is wrapped under this key, but those that somebody is at work on. */
export const lockMailOpeners = many<
  {
    keyId: string
    after: string
    limit: number
  },
  {
    id: string
    wrapped: Buffer
  }
>({
  name: 'mail.mail-order.lockMailOpeners',
  text: `select j.id::text as "id!", decode(j.data -> 'wrapped' ->> 'value', 'base64') as "wrapped!"
  from jobs.job j
 where j.name = 'send_mail' and j.state in ('created', 'retry', 'active')
   and j.data -> 'wrapped' ->> 'keyId' = $1::text and j.id > $2::uuid
 order by j.id
 limit $3::integer
   for no key update skip locked`,
  params: ['keyId', 'after', 'limit'],
  columns: ['id', 'wrapped'],
})

/** Stores the same, wrapped under another key. */
export const replaceMailOpeners = exec<
  {
    keyId: string
    ids: readonly string[]
    wrapped: readonly Buffer[]
    formerKeyId: string
  }
>({
  name: 'mail.mail-order.replaceMailOpeners',
  text: `update jobs.job j
   set data = jsonb_set(j.data, '{wrapped}', jsonb_build_object('value', replace(encode(w.wrapped, 'base64'), E'\\n', ''),
                                                                'keyId', $1::text))
  from unnest($2::uuid[], $3::bytea[]) as w (id, wrapped)
 where j.name = 'send_mail' and j.id = w.id and j.data -> 'wrapped' ->> 'keyId' = $4::text`,
  params: ['keyId', 'ids', 'wrapped', 'formerKeyId'],
  columns: [],
})
