-- Providers that people sign in with, and who they are there.

-- Those of the contract. Others stand in the environment, and in no row.
create table identity_providers (
  id              text primary key check (id ~ '^[a-z][a-z0-9-]{0,31}$'),
  realm_id        integer not null default 1,
  kind            text not null check (kind in ('google', 'microsoft', 'apple', 'github', 'linkedin', 'facebook', 'oidc')),
  name            text not null,
  status          text not null default 'active' check (status in ('active', 'disabled')),
  client_id       text not null,
  wrapped_secret  bytea not null,
  wrapping_key_id text not null,
  settings        jsonb not null default '{}',
  created_at      timestamptz not null,
  updated_at      timestamptz not null
);

-- Who somebody is at a provider. The subject is all that they are found by; what else is said there may change.
create table federated_identities (
  id           uuid primary key,
  realm_id     integer not null default 1,
  user_id      uuid not null references users on delete cascade,
  provider     text not null,
  issuer       text not null,
  subject      text not null,
  -- As the provider said last; shown to the person, proving nothing.
  email        text,
  name         text not null default '',
  -- Whether it came with the word of the provider for an address, or was taken up by the owner of the account.
  vouched      boolean not null,
  created_at   timestamptz not null,
  last_used_at timestamptz not null,
  unique (realm_id, provider, issuer, subject)
);
create index federated_identities_user on federated_identities (user_id);

-- A guest who can come back is a user.
create trigger federated_identities_end_guesthood after insert on federated_identities
  for each row execute function end_guesthood();

-- Sign-ins that are at the provider. What goes there is the state alone; nonce and code verifier are derived from it.
create table federated_sign_ins (
  state_hash   bytea primary key check (octet_length(state_hash) = 32),
  provider     text not null,
  -- The browser that it came from, and must come back to.
  browser_hash bytea not null check (octet_length(browser_hash) = 32),
  -- Where the person goes on: a sealed authorization request, or nothing.
  request      text not null,
  ui_locales   text not null,
  -- The account that asks for the identity, by a sealed text; empty where somebody signs in.
  link         text not null,
  -- Another identity that waits in the same browser; empty where none does.
  waiting      text not null,
  -- Whether the person had to prove it anew.
  reauthenticates boolean not null,
  created_at   timestamptz not null,
  expires_at   timestamptz not null
);
create index federated_sign_ins_expires_at on federated_sign_ins (expires_at);

-- Identities that a provider has vouched for, and that wait until the owner of an account takes them up: either in the same
-- browser, or through the app that asked for it.
create table waiting_identities (
  token_hash     bytea primary key check (octet_length(token_hash) = 32),
  provider       text not null,
  issuer         text not null,
  subject        text not null,
  email          text,
  name           text not null,
  browser_hash   bytea check (octet_length(browser_hash) = 32),
  user_id        uuid references users on delete cascade,
  code_challenge bytea check (octet_length(code_challenge) = 32),
  expires_at     timestamptz not null,
  check ((browser_hash is null) = (user_id is not null and code_challenge is not null))
);
create index waiting_identities_expires_at on waiting_identities (expires_at);

-- Which sessions rest on a provider, so that their end there can end them here.
create table federated_sessions (
  session_id uuid primary key references sessions on delete cascade,
  provider   text not null,
  issuer     text not null,
  subject    text not null,
  sid        text,
  -- How the person proved themselves there, as the provider says: its claims, not ours.
  amr        text[] not null,
  acr        text
);
create index federated_sessions_subject on federated_sessions (provider, issuer, subject);
create index federated_sessions_sid on federated_sessions (provider, issuer, sid) where sid is not null;

-- Logout tokens of providers that were taken; each counts once.
create table upstream_logouts (
  provider   text not null,
  jti_hash   bytea not null check (octet_length(jti_hash) = 32),
  expires_at timestamptz not null,
  primary key (provider, jti_hash)
);
create index upstream_logouts_expires_at on upstream_logouts (expires_at);

