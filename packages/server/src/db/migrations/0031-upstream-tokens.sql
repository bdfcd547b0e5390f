-- Tokens of providers, kept for clients that may ask for them, where a provider is configured so.

create table upstream_tokens (
  identity_id     uuid primary key references federated_identities on delete cascade,
  -- Access token and refresh token.
  wrapped_tokens  bytea not null,
  wrapping_key_id text not null,
  scopes          text[] not null,
  -- Of the access token; null where the provider does not say.
  expires_at      timestamptz,
  refreshes       boolean not null,
  -- When the provider refused to give another one: the person has to sign in there again.
  refused_at      timestamptz,
  -- Until when the worker that renews them has them to itself.
  claimed_until   timestamptz,
  updated_at      timestamptz not null
);
create index upstream_tokens_due on upstream_tokens (expires_at) where refreshes and refused_at is null;

select jobs.create_queue('refresh_upstream_tokens', '{"policy": "standard", "notify": "true", "heartbeatSeconds": "10"}');
