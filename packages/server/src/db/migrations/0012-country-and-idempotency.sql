-- The country that a session was opened from, where a trusted proxy or a file of the operator says so.
alter table sessions add column country text check (country ~ '^[A-Z]{2}$');

-- What was done under an idempotency key, so that its repeat is not done again.
create table idempotency_keys (
  -- SHA-256 of the method, whoever asked, and the key. The key itself is nowhere.
  key_hash    bytea primary key check (octet_length(key_hash) = 32),
  -- A hash of the request, under the key.
  fingerprint bytea not null check (octet_length(fingerprint) = 32),
  expires_at  timestamptz not null
);
create index idempotency_keys_expires_at on idempotency_keys (expires_at);
