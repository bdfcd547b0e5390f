-- name: countFailedGuess :one
-- Counts a wrong guess, or says for how many seconds none is let through. One call decides and counts.
select retry_after as "retry_after?", closed_for as "closed_for?"
  from count_failed_guess(:account::bytea, :address?::bytea, :source?::bytea,
                          :accountMax::integer, :addressMax::integer, :addressWindowSeconds::integer);

-- name: admitGuesses :many
-- Lets right guesses through, and from then on knows their devices for a while. The devices used longest ago make room.
-- In the order of what is guessed at, which is the order in which everyone takes locks. Without an account nothing was guessed.
with asked as materialized (
  select decode(a.account, 'base64') as account, decode(a.address, 'base64') as address,
         decode(a.source, 'base64') as source, decode(a.device_hash, 'base64') as device_hash, a.user_id, a.place
    from jsonb_to_recordset(:asked)
      as a (account text, address text, source text, device_hash text, user_id uuid, place integer)
   order by 1
), admitted as materialized (
  select a.*, admit_guess(a.account, a.address, a.source) as retry_after from asked a
), known as (
  insert into known_devices as d (secret_hash, user_id, last_used_at, expires_at)
  select distinct on (a.device_hash)
         a.device_hash, u.id, signet_now(), signet_now() + make_interval(days => :lifetimeDays::integer)
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
                           offset greatest(:devicesMax::integer
                                           - (select count(*) from known n where n.user_id = k.user_id), 0))
)
select place as "place!", retry_after as "retry_after?" from admitted order by place;

-- name: admitGuessWithoutDevice :one
-- Lets a right guess through where no device is made known by it.
select admit_guess(:account::bytea, :address?::bytea, :source?::bytea) as "retry_after?";

-- name: countRequest :maybe
-- Counts a request for a mail or a text message, and says how many seconds the next one has to wait; no row where it comes too
-- early. The first ones are free, then each doubles the wait, from 30 seconds up to a quarter of an hour. After an hour without
-- any, everything is forgotten.
insert into mail_requests as r (key, requests, next_at, forget_at)
values (:key, 1, signet_now() + mail_wait(1, :free::integer), signet_now() + interval '1 hour')
on conflict (key) do update
   set requests = case when r.forget_at <= signet_now() then 1 else r.requests + 1 end,
       next_at = signet_now() + mail_wait(case when r.forget_at <= signet_now() then 1 else r.requests + 1 end, :free),
       forget_at = signet_now() + interval '1 hour'
 where r.next_at <= signet_now()
returning ceil(extract(epoch from next_at - signet_now()))::integer as "wait_seconds!";

-- name: requestRetryAfter :maybe
-- Whole seconds until one may be asked for again.
select greatest(1, ceil(extract(epoch from next_at - signet_now())))::integer as "seconds!"
  from mail_requests where key = :key;

-- name: countClientFailure :one
-- Counts that somebody did not prove to be a client: for the source, then for its network. Seconds, where that is not let
-- through; what the source is refused its network is not charged for.
select coalesce(count_failure(:source::bytea, :sourceMax::integer, :windowSeconds::integer),
                count_failure(:network::bytea, :networkMax::integer, :windowSeconds)) as "retry_after?";

-- name: clientRetryAfter :one
-- For how many seconds a source is not let through.
select (select r from guess_retry_after(array[:source::bytea, :network::bytea]) as r) as "retry_after?";

-- name: countForNetwork :one
-- Counts something for its network. Seconds, where that had too many.
select count_failure(:network::bytea, :networkMax::integer, :windowSeconds::integer) as "retry_after?";

-- name: countSmsRequest :one
-- Counts a text message for its number, its account and its network, each for a day. Seconds, where one of them had too many.
select coalesce(count_failure(:number::bytea, :numberMax::integer, 86400),
                case when :account?::bytea is null then null else count_failure(:account?, :accountMax::integer, 86400) end,
                count_failure(:network::bytea, :networkMax::integer, 86400)) as "retry_after?";

-- name: deleteForgottenGuesses :exec
-- Counters that mean nothing any more. Whoever counts forgets some too; this is for when nobody guesses.
delete from guess_counters
 where key in (select key from guess_counters where forget_at <= signet_now()
                order by forget_at limit :limit::integer for update skip locked);

-- name: deleteForgottenDevices :exec
-- Devices that nobody has used for so long that they count as strange again.
delete from known_devices
 where secret_hash in (select secret_hash from known_devices where expires_at <= signet_now()
                        order by expires_at limit :limit::integer for update skip locked);

-- name: deleteForgottenMailRequests :exec
-- Counts of requests for mail that mean nothing any more.
delete from mail_requests
 where key in (select key from mail_requests where forget_at <= signet_now()
                order by forget_at limit :limit::integer for update skip locked);
