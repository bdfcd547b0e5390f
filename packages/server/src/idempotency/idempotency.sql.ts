// Generated from idempotency.sql by tools/sql. Do not edit.
import { exec, maybe } from '../db/query.ts'

/** What was done under a key. */
export const findIdempotencyKey = maybe<{ keyHash: Buffer }, { fingerprint: Buffer }>({
  name: 'idempotency.findIdempotencyKey',
  text: `select fingerprint from idempotency_keys where key_hash = $1 and expires_at > signet_now()`,
  params: ['keyHash'],
  columns: ['fingerprint'],
})

/** Takes a key, unless it is taken: then no row. It waits for a transaction that is just taking it. What has expired is forgotten on the way, a hundred at a time. */
export const insertIdempotencyKey = exec<{ keyHash: Buffer; fingerprint: Buffer }>({
  name: 'idempotency.insertIdempotencyKey',
  text: `with expired as (
  delete from idempotency_keys
   where key_hash = any (array(select o.key_hash from idempotency_keys o
                                where o.expires_at <= signet_now() and o.key_hash <> $1
                                order by o.expires_at limit 100 for update skip locked))
)
insert into idempotency_keys as k (key_hash, fingerprint, expires_at)
values ($1, $2, signet_now() + interval '24 hours')
on conflict (key_hash) do update
   set fingerprint = excluded.fingerprint, expires_at = excluded.expires_at
 where k.expires_at <= signet_now()`,
  params: ['keyHash', 'fingerprint'],
  columns: [],
})
