-- Clients as callers: what a client may do at Signet's own API, as which resource server it is known, and for whom it
-- mints tokens.
alter table clients
  -- As roles name them, such as "events.read". None grants everything: a service says what it needs.
  add column permissions                   text[] not null default '{}' check (not ('*' = any (permissions))),
  -- The audiences that it is as a resource server, besides its own id: it may introspect tokens for them.
  add column resources                     text[] not null default '{}',
  -- Whom the tokens are for that it mints.
  add column audiences                     text[] not null default '{}',
  -- The custom claims that it may put into them.
  add column claims                        text[] not null default '{}',
  -- Of an access token that is issued to it, at the most; null: as the installation is configured.
  add column access_token_lifetime_seconds integer check (access_token_lifetime_seconds between 1 and 86400);

-- What a grant's access tokens say besides what is standard: custom claims of minted ones, and who proved the user.
alter table grants add column claims jsonb;

-- Users who prove who they are to a service that mints tokens for them, not to Signet. The subject of their tokens is the
-- id of the user, so that subjects of two services, and of Signet's own users, never meet.
create table external_subjects (
  realm_id   integer not null default 1,
  -- Of the client that speaks for them.
  namespace  text not null,
  provider   text not null,
  subject    text not null,
  -- Written in the same transaction, after this row, whose key decides which of two that come at once makes the user.
  user_id    uuid not null unique references users on delete cascade deferrable initially deferred,
  -- As the service says; it proves nothing here, and nobody is found by it.
  email      text,
  created_at timestamptz not null,
  primary key (realm_id, namespace, provider, subject)
);
