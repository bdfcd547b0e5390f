-- Grants: what one redemption gave to one client, and the refresh token that belongs to it.
--
-- No refresh token is stored. It is derived from the grant's id, its generation and a key of the grant's own secret, so
-- the successor of a token is always the same one, and nothing has to be cleaned up. The secret never changes.

create table grants (
  id                   uuid primary key,
  user_id              uuid not null references users on delete cascade,
  client_id            text not null references clients,
  -- Null for a grant that outlives sessions (offline access).
  session_id           uuid references sessions on delete cascade,
  scopes               text[] not null,
  audience             text[] not null check (cardinality(audience) > 0),
  -- 32 random bytes, wrapped under the master secret.
  wrapped_secret       bytea not null,
  wrapping_key_id      text not null,
  -- The generation of the refresh token that is good, and since when it is.
  generation           integer not null default 1 check (generation > 0),
  rotated_at           timestamptz not null,
  -- When the current generation was last given to somebody who may not be alone: by a rotation, or by a late retry.
  window_opened_at     timestamptz not null,
  -- The latest generation that its holder is known to have.
  confirmed_generation integer not null default 0 check (confirmed_generation between 0 and generation),
  -- Keyed hash of the network and the software that the current generation was given to.
  presenter            bytea not null,
  amr                  text[] not null,
  acr                  text not null,
  auth_time            timestamptz not null,
  rev                  bigint not null,
  created_at           timestamptz not null,
  expires_at           timestamptz not null,
  ended_at             timestamptz,
  end_reason           text,
  check ((ended_at is null) = (end_reason is null))
) with (fillfactor = 80); -- Room for the next version of a row on its own page: a rotation touches no index.
create index grants_session on grants (session_id) where ended_at is null;
create index grants_user on grants (user_id) where ended_at is null;

-- What a user allows a client, remembered from one redemption to the next.
create table consents (
  user_id    uuid not null references users on delete cascade,
  client_id  text not null references clients on delete cascade,
  scopes     text[] not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (user_id, client_id)
);

-- A session that goes on over a cut of its user takes its living grants with it.
create or replace function keep_session(sid uuid, place bigint) returns void
  language sql volatile
begin atomic
  update grants g
     set rev = $2
    from users u, clients c, sessions s
   where g.session_id = $1 and u.id = g.user_id and c.id = g.client_id and s.id = g.session_id
     and g.ended_at is null and s.ended_at is null
     and least(g.rev, s.rev) >= greatest(u.cut, c.cut, (select h.cut from revocation_head h));
  update sessions s
     set rev = $2
    from users u, clients c
   where s.id = $1 and u.id = s.user_id and c.id = s.client_id and s.ended_at is null
     and s.rev >= greatest(u.cut, c.cut, (select h.cut from revocation_head h));
end;
