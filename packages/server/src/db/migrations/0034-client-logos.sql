-- The pictures of clients, which people see while they sign in: fetched once from where the record of the client says, made small,
-- and served from here, so that no browser asks another host.

create table client_logos (
  client_id  text primary key references clients on delete cascade,
  -- The address that was last asked. Where it is not that of the record any more, the one of the record is still to be asked.
  uri        text not null,
  -- Why that brought nothing; null where it did. What an earlier attempt has brought stays.
  problem    text,
  -- Of the picture: SHA-256, in base64url. It stands in its address.
  hash       text,
  -- WebP, some kilobytes.
  picture    bytea,
  fetched_at timestamptz,
  check ((hash is null) = (picture is null)),
  check ((hash is null) = (fetched_at is null)),
  check (hash is not null or problem is not null)
);
create index client_logos_hash on client_logos (hash) where hash is not null;

select jobs.create_queue('fetch_client_logo', '{"policy": "standard", "notify": "true", "heartbeatSeconds": "10"}');
