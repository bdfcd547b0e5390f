-- name: findIdempotencyKey :maybe
-- What was done under a key.
select fingerprint from idempotency_keys where key_hash = :keyHash and expires_at > signet_now();

-- name: insertIdempotencyKey :exec
-- Takes a key, unless it is taken: then no row. It waits for a transaction that is just taking it. What has expired is
-- forgotten on the way, a hundred at a time.
with expired as (
  delete from idempotency_keys
   where key_hash = any (array(select o.key_hash from idempotency_keys o
                                where o.expires_at <= signet_now() and o.key_hash <> :keyHash
                                order by o.expires_at limit 100 for update skip locked))
)
insert into idempotency_keys as k (key_hash, fingerprint, expires_at)
values (:keyHash, :fingerprint, signet_now() + interval '24 hours')
on conflict (key_hash) do update
   set fingerprint = excluded.fingerprint, expires_at = excluded.expires_at
 where k.expires_at <= signet_now();
