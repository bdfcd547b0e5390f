-- Invitations: an administrator names an address, and whoever reads its mailbox opens an account.

create table invitations (
  id           uuid primary key,
  realm_id     integer not null default 1,
  -- The address, as it was written and as it is looked up.
  value        text not null,
  canonical    text not null,
  display_name text not null,
  locale       text not null,
  -- The user who invited; null where a client did.
  invited_by   uuid references users on delete set null,
  -- What the latest mail holds: SHA-256 of 256 random bits, and a keyed hash of the code. Null before the mail is ordered.
  token_hash   bytea unique check (octet_length(token_hash) = 32),
  code_hash    bytea check (octet_length(code_hash) = 32),
  code_tries   integer not null default 0,
  rev          bigint not null,
  created_at   timestamptz not null,
  expires_at   timestamptz not null,
  accepted_at  timestamptz,
  revoked_at   timestamptz,
  check (accepted_at is null or revoked_at is null)
);
create index invitations_canonical on invitations (realm_id, canonical) where accepted_at is null and revoked_at is null;
create index invitations_expires_at on invitations (expires_at);

select jobs.create_queue('write_invitation', '{"policy": "standard", "notify": "true", "heartbeatSeconds": "10"}');
