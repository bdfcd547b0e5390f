-- Authorization codes, and what a person has agreed to.

-- What a person authorized, on its way through the browser to the client (RFC 6749 §4.1.2).
create table authorization_codes (
  -- SHA-256 of 256 random bits.
  code_hash       bytea primary key check (octet_length(code_hash) = 32),
  client_id       text not null references clients on delete cascade,
  user_id         uuid not null references users on delete cascade,
  session_id      uuid not null references sessions on delete cascade,
  redirect_uri    text not null,
  scopes          text[] not null,
  audience        text[] not null check (cardinality(audience) > 0),
  nonce           text,
  -- The S256 code challenge (RFC 7636 §4.2), 32 bytes.
  code_challenge  bytea check (octet_length(code_challenge) = 32),
  -- The claims that were asked for one by one (OpenID Connect Core 1.0 §5.5).
  claims          jsonb,
  amr             text[] not null,
  acr             text not null,
  auth_time       timestamptz not null,
  rev             bigint not null,
  created_at      timestamptz not null,
  expires_at      timestamptz not null,
  used_at         timestamptz,
  -- What it was redeemed for; it ends when the code is used again.
  grant_id        uuid references grants on delete set null
);
create index authorization_codes_expires_at on authorization_codes (expires_at);
create index authorization_codes_session on authorization_codes (session_id);

-- The claims for the UserInfo endpoint that were asked for by name.
alter table grants add column userinfo_claims jsonb;
