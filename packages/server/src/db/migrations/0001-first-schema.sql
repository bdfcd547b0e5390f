-- The first schema: who there is, how they prove it, what they may do, and where they are signed in.
--
-- One deployment is one issuer; natural keys include realm_id all the same, because adding it later means rewriting
-- every unique index. A thing is alive only while its rev is at least the cut of everything above it.

-- The time of the database, which decides windows and expiries. Tests shift it with
-- `alter database … set signet.clock_offset = '31 seconds'`; nothing else does.
create function signet_now() returns timestamptz
  language sql stable parallel safe
  return clock_timestamp() + coalesce(nullif(current_setting('signet.clock_offset', true), ''), '0')::interval;

-- What this installation is: one row, made by the first migration.
create table installation (
  only_row    boolean primary key default true check (only_row),
  instance_id uuid not null default gen_random_uuid(),
  created_at  timestamptz not null default signet_now()
);
insert into installation default values;

create table users (
  id           uuid primary key,
  realm_id     integer not null default 1,
  status       text not null default 'active' check (status in ('active', 'suspended', 'deleted')),
  display_name text not null default '',
  locale       text not null default '',
  home_region  text,
  -- A deleted user stays as a tombstone: a subject identifier is never given to anyone else.
  merged_into  uuid references users,
  cut          bigint not null default 0,
  created_at   timestamptz not null,
  updated_at   timestamptz not null,
  deleted_at   timestamptz
);

-- What a person signs in with. Unique only where verified: an unverified claim holds nothing.
create table identifiers (
  id          uuid primary key,
  realm_id    integer not null default 1,
  user_id     uuid not null references users on delete cascade,
  kind        text not null check (kind in ('email', 'phone', 'username')),
  value       text not null,
  canonical   text not null,
  verified_at timestamptz,
  created_at  timestamptz not null,
  unique (user_id, kind, canonical)
);
create unique index identifiers_verified on identifiers (realm_id, kind, canonical) where verified_at is not null;
create index identifiers_canonical on identifiers (realm_id, kind, canonical);

create table passwords (
  user_id uuid primary key references users on delete cascade,
  -- A PHC string, or the modular crypt form of an imported hash.
  hash    text not null,
  set_at  timestamptz not null
);

-- A client of RFC 6749. A service account is one too; its API keys are its secrets.
create table clients (
  id                  text primary key,
  realm_id            integer not null default 1,
  name                text not null,
  type                text not null check (type in ('public', 'confidential', 'service')),
  status              text not null default 'active' check (status in ('active', 'disabled')),
  first_party         boolean not null default false,
  direct_sign_in      boolean not null default false,
  confirming          boolean not null default false,
  subject_namespace   text,
  signing_algorithm   text not null default 'ES256' check (signing_algorithm in ('ES256', 'RS256', 'EdDSA')),
  scopes              text[] not null default '{}',
  allowed_origins     text[] not null default '{}',
  cut                 bigint not null default 0,
  created_at          timestamptz not null,
  updated_at          timestamptz not null
);

-- Two may be live at once, so that one can be replaced without an outage.
create table client_secrets (
  id           uuid primary key,
  client_id    text not null references clients on delete cascade,
  kind         text not null check (kind in ('client_secret', 'api_key')),
  prefix       text not null,
  secret_hash  bytea not null unique,
  scopes       text[],
  rev          bigint not null default 0,
  created_at   timestamptz not null,
  expires_at   timestamptz,
  last_used_at timestamptz,
  revoked_at   timestamptz
);
create index client_secrets_client on client_secrets (client_id);

-- Signet's own apps and command line. Its tokens may use Signet's own API.
insert into clients (id, name, type, first_party, direct_sign_in, confirming, scopes, created_at, updated_at)
values ('signet', 'Signet', 'public', true, true, true, '{signet:api}', signet_now(), signet_now());

create table roles (
  id          uuid primary key,
  realm_id    integer not null default 1,
  name        text not null,
  permissions text[] not null default '{}',
  built_in    boolean not null default false,
  created_at  timestamptz not null,
  unique (realm_id, name)
);
insert into roles (id, name, permissions, built_in, created_at) values
  (gen_random_uuid(), 'administrator', '{*}', true, signet_now()),
  (gen_random_uuid(), 'user', '{}', true, signet_now());

-- organization_id narrows an assignment to one organization; null means everywhere.
create table role_assignments (
  user_id         uuid not null references users on delete cascade,
  role_id         uuid not null references roles on delete cascade,
  organization_id uuid,
  created_at      timestamptz not null,
  unique nulls not distinct (user_id, role_id, organization_id)
);
create index role_assignments_role on role_assignments (role_id);

-- One signed-in presence of one user on one device or browser.
create table sessions (
  id              uuid primary key,
  user_id         uuid not null references users on delete cascade,
  client_id       text not null references clients,
  installation_id text,
  device_model    text,
  device_os       text,
  device_app      text,
  ip_address      inet,
  user_agent      text,
  -- Who impersonates the user, if anyone.
  actor_id        uuid references users,
  amr             text[] not null,
  acr             text not null,
  auth_time       timestamptz not null,
  rev             bigint not null default 0,
  created_at      timestamptz not null,
  last_active_at  timestamptz not null,
  idle_expires_at timestamptz not null,
  expires_at      timestamptz not null,
  ended_at        timestamptz,
  end_reason      text
);
create index sessions_user on sessions (user_id) where ended_at is null;

-- The key set always holds every algorithm that clients may pin. Private parts are wrapped under the master secret.
create table signing_keys (
  id              text primary key,
  algorithm       text not null check (algorithm in ('ES256', 'RS256', 'EdDSA')),
  state           text not null check (state in ('next', 'active', 'retiring', 'retired')),
  public_jwk      jsonb not null,
  wrapped_key     bytea not null,
  wrapping_key_id text not null,
  created_at      timestamptz not null,
  activated_at    timestamptz,
  retiring_at     timestamptz,
  retired_at      timestamptz
);
create unique index signing_keys_active on signing_keys (algorithm) where state = 'active';
