-- What the authorization server needs to know of a client: where it gets its answers, and how it proves who it is.
alter table clients
  -- Where answers of the authorization endpoint go, to the letter (RFC 9700 §2.1).
  add column redirect_uris             text[] not null default '{}',
  -- Where a browser may go after signing out (OpenID Connect RP-Initiated Logout 1.0 §3.1).
  add column post_logout_redirect_uris text[] not null default '{}',
  -- Who hears of the end of a session there (OpenID Connect Back-Channel Logout 1.0 §2.2).
  add column backchannel_logout_uri    text,
  add column grant_types               text[] not null default '{}'
             check (grant_types <@ '{authorization_code,refresh_token,client_credentials}'),
  add column response_modes            text[] not null default '{query,form_post}'
             check (response_modes <@ '{query,form_post}'),
  -- False only for a confidential client that proves its requests by nonce instead (RFC 9700 §2.1.1).
  add column pkce_required             boolean not null default true check (pkce_required or type <> 'public'),
  -- Its public keys, where it signs what it proves itself with (RFC 7523 §2.2), or where they are published.
  add column jwks                      jsonb,
  add column jwks_uri                  text,
  -- What a person is shown before agreeing to anything.
  add column client_uri                text,
  add column logo_uri                  text,
  add column policy_uri                text,
  add column tos_uri                   text,
  add constraint clients_one_key_set check (jwks is null or jwks_uri is null);

update clients
   set grant_types = case type when 'service'      then array['client_credentials']
                               when 'confidential' then array['authorization_code', 'refresh_token', 'client_credentials']
                               else                     array['authorization_code', 'refresh_token'] end;

-- A session rests on what cut its user, the installation and its own client; a grant on what cut the client that holds it.
create or replace function keep_session(sid uuid, place bigint) returns void
  language sql
begin atomic
  update grants g
     set rev = place
    from users u, clients c, sessions s
   where g.session_id = sid and u.id = g.user_id and c.id = g.client_id and s.id = g.session_id
     and g.ended_at is null and s.ended_at is null
     and g.rev >= greatest(u.cut, c.cut, global_cut()) and s.rev >= greatest(u.cut, global_cut());
  update sessions s
     set rev = place
    from users u, clients c
   where s.id = sid and u.id = s.user_id and c.id = s.client_id and s.ended_at is null
     and s.rev >= greatest(u.cut, c.cut, global_cut());
end;
