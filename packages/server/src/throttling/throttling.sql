-- name: countFailedGuess :one
-- Counts a wrong guess, or says for how many seconds none is let through. One call decides and counts.
select retry_after as "retry_after?", closed_for as "closed_for?"
  from count_failed_guess(:account::bytea, :address?::bytea, :source?::bytea,
                          :accountMax::integer, :addressMax::integer, :addressWindowSeconds::integer);

-- name: admitGuess :one
-- Lets a right guess through, and from then on knows the device for a while. The devices used longest ago make room.
with admitted as materialized (
  select admit_guess(:account::bytea, :address?::bytea, :source?::bytea) as retry_after
), known as (
  insert into known_devices as d (secret_hash, user_id, last_used_at, expires_at)
  select :deviceHash, u.id, signet_now(), signet_now() + make_interval(days => :lifetimeDays::integer)
    from users u, admitted a
   where u.id = :userId and a.retry_after is null
  on conflict (secret_hash) do update
     set last_used_at = excluded.last_used_at, expires_at = excluded.expires_at
   where d.user_id = excluded.user_id and d.last_used_at < excluded.last_used_at - interval '1 day'
  returning user_id
), forgotten as (
  delete from known_devices d using known k
   where d.secret_hash in (select o.secret_hash from known_devices o where o.user_id = k.user_id and o.secret_hash <> :deviceHash
                            order by o.last_used_at desc, o.secret_hash offset :devicesMax::integer - 1)
)
select retry_after as "retry_after?" from admitted;

-- name: admitGuessWithoutDevice :one
-- Lets a right guess through where no device is made known by it.
select admit_guess(:account::bytea, :address::bytea, :source::bytea) as "retry_after?";
