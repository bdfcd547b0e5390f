// Generated from throttling.sql by tools/sql. Do not edit.
import { exec, many, maybe, one, type Json } from '../db/query.ts'

/** Counts a wrong guess, or says for how many seconds none is let through. One call decides and counts. */
export const countFailedGuess = one<
  {
    account: Buffer
    address: Buffer | null
    source: Buffer | null
    accountMax: number
    addressMax: number
    addressWindowSeconds: number
  },
  {
    retryAfter: number | null
    closedFor: number | null
  }
>({
  name: 'throttling.countFailedGuess',
  text: `select retry_after as "retry_after?", closed_for as "closed_for?"
  from count_failed_guess($1::bytea, $2::bytea, $3::bytea,
                          $4::integer, $5::integer, $6::integer)`,
  params: ['account', 'address', 'source', 'accountMax', 'addressMax', 'addressWindowSeconds'],
  columns: ['retryAfter', 'closedFor'],
})

/** Lets right guesses through, and from then on knows their devices for a while. The devices used longest ago make room. In the order of what is guessed at, which is the order in which everyone takes locks. Without an account nothing was guessed. */
export const admitGuesses = many<
  {
    asked: NonNullable<Json>
    lifetimeDays: number
    devicesMax: number
  },
  {
    place: number
    retryAfter: number | null
  }
>({
  name: 'throttling.admitGuesses',
  text: `with asked as materialized (
  select decode(a.account, 'base64') as account, decode(a.address, 'base64') as address,
         decode(a.source, 'base64') as source, decode(a.device_hash, 'base64') as device_hash, a.user_id, a.place
    from jsonb_to_recordset($1)
      as a (account text, address text, source text, device_hash text, user_id uuid, place integer)
   order by 1
), admitted as materialized (
  select a.*, admit_guess(a.account, a.address, a.source) as retry_after from asked a
), known as (
  insert into known_devices as d (secret_hash, user_id, last_used_at, expires_at)
  select distinct on (a.device_hash)
         a.device_hash, u.id, signet_now(), signet_now() + make_interval(days => $2::integer)
    from admitted a
    join users u on u.id = a.user_id
   where a.retry_after is null
   order by a.device_hash
  on conflict (secret_hash) do update
     set last_used_at = excluded.last_used_at, expires_at = excluded.expires_at
   where d.user_id = excluded.user_id and d.last_used_at < excluded.last_used_at - interval '1 day'
  returning user_id, secret_hash
), forgotten as (
  delete from known_devices d using known k
   where d.secret_hash in (select o.secret_hash from known_devices o
                            where o.user_id = k.user_id
                              and o.secret_hash not in (select n.secret_hash from known n where n.user_id = k.user_id)
                            order by o.last_used_at desc, o.secret_hash
                           offset greatest($3::integer
                                           - (select count(*) from known n where n.user_id = k.user_id), 0))
)
select place as "place!", retry_after as "retry_after?" from admitted order by place`,
  params: ['asked', 'lifetimeDays', 'devicesMax'],
  columns: ['place', 'retryAfter'],
  json: ['asked'],
})

/** Lets a right guess through where no device is made known by it. */
export const admitGuessWithoutDevice = one<
  {
    account: Buffer
    address: Buffer | null
    source: Buffer | null
  },
  {
    retryAfter: number | null
  }
>({
  name: 'throttling.admitGuessWithoutDevice',
  text: `select admit_guess($1::bytea, $2::bytea, $3::bytea) as "retry_after?"`,
  params: ['account', 'address', 'source'],
  columns: ['retryAfter'],
})

/** Counts a request for a mail or a text message, and says how many seconds the next one has to wait; no row where it comes too early. The first ones are free, then each doubles the wait, from 30 seconds up to a quarter of an hour. After an hour without any, everything is forgotten. */
export const countRequest = maybe<{ key: Buffer; free: number }, { waitSeconds: number }>({
  name: 'throttling.countRequest',
  text: `insert into mail_requests as r (key, requests, next_at, forget_at)
values ($1, 1, signet_now() + mail_wait(1, $2::integer), signet_now() + interval '1 hour')
on conflict (key) do update
   set requests = case when r.forget_at <= signet_now() then 1 else r.requests + 1 end,
       next_at = signet_now() + mail_wait(case when r.forget_at <= signet_now() then 1 else r.requests + 1 end, $2),
       forget_at = signet_now() + interval '1 hour'
 where r.next_at <= signet_now()
returning ceil(extract(epoch from next_at - signet_now()))::integer as "wait_seconds!"`,
  params: ['key', 'free'],
  columns: ['waitSeconds'],
})

/** Whole seconds until one may be asked for again. */
export const requestRetryAfter = maybe<{ key: Buffer }, { seconds: number }>({
  name: 'throttling.requestRetryAfter',
  text: `select greatest(1, ceil(extract(epoch from next_at - signet_now())))::integer as "seconds!"
  from mail_requests where key = $1`,
  params: ['key'],
  columns: ['seconds'],
})

/** Counts that somebody did not prove to be a client: for the source, then for its network. Seconds, where that is not let through; what the source is refused its network is not charged for. */
export const countClientFailure = one<
  {
    source: Buffer
    sourceMax: number
    windowSeconds: number
    network: Buffer
    networkMax: number
  },
  {
    retryAfter: number | null
  }
>({
  name: 'throttling.countClientFailure',
  text: `select coalesce(count_failure($1::bytea, $2::integer, $3::integer),
                count_failure($4::bytea, $5::integer, $3)) as "retry_after?"`,
  params: ['source', 'sourceMax', 'windowSeconds', 'network', 'networkMax'],
  columns: ['retryAfter'],
})

/** For how many seconds a source is not let through. */
export const clientRetryAfter = one<
  {
    source: Buffer
    network: Buffer
  },
  {
    retryAfter: number | null
  }
>({
  name: 'throttling.clientRetryAfter',
  text: `select (select r from guess_retry_after(array[$1::bytea, $2::bytea]) as r) as "retry_after?"`,
  params: ['source', 'network'],
  columns: ['retryAfter'],
})

/** Counts something for its network. Seconds, where that had too many. */
export const countForNetwork = one<
  {
    network: Buffer
    networkMax: number
    windowSeconds: number
  },
  {
    retryAfter: number | null
  }
>({
  name: 'throttling.countForNetwork',
  text: `select count_failure($1::bytea, $2::integer, $3::integer) as "retry_after?"`,
  params: ['network', 'networkMax', 'windowSeconds'],
  columns: ['retryAfter'],
})

/** Counts a text message for its number, its account and its network, each for a day. Seconds, where one of them had too many. */
export const countSmsRequest = one<
  {
    number: Buffer
    numberMax: number
    account: Buffer | null
    accountMax: number
    network: Buffer
    networkMax: number
  },
  {
    retryAfter: number | null
  }
>({
  name: 'throttling.countSmsRequest',
  text: `select coalesce(count_failure($1::bytea, $2::integer, 86400),
                case when $3::bytea is null then null else count_failure($3, $4::integer, 86400) end,
                count_failure($5::bytea, $6::integer, 86400)) as "retry_after?"`,
  params: ['number', 'numberMax', 'account', 'accountMax', 'network', 'networkMax'],
  columns: ['retryAfter'],
})

/** Counters that mean nothing any more. Whoever counts forgets some too; this is for when nobody guesses. */
export const deleteForgottenGuesses = exec<{ limit: number }>({
  name: 'throttling.deleteForgottenGuesses',
  text: `delete from guess_counters
 where key in (select key from guess_counters where forget_at <= signet_now()
                order by forget_at limit $1::integer for update skip locked)`,
  params: ['limit'],
  columns: [],
})

/** Devices that nobody has used for so long that they count as strange again. */
export const deleteForgottenDevices = exec<{ limit: number }>({
  name: 'throttling.deleteForgottenDevices',
  text: `delete from known_devices
 where secret_hash in (select secret_hash from known_devices where expires_at <= signet_now()
                        order by expires_at limit $1::integer for update skip locked)`,
  params: ['limit'],
  columns: [],
})

/** Counts of requests for mail that mean nothing any more. */
export const deleteForgottenMailRequests = exec<{ limit: number }>({
  name: 'throttling.deleteForgottenMailRequests',
  text: `delete from mail_requests
 where key in (select key from mail_requests where forget_at <= signet_now()
                order by forget_at limit $1::integer for update skip locked)`,
  params: ['limit'],
  columns: [],
})
