-- name: findConsent :maybe
-- What a person allows a client, when they last said so, and whether it covers what is asked for: by the condition of the statement
-- that issues a code, which alone guards against who takes it back meanwhile.
select scopes, updated_at, scopes @> :scopesToAllow::text[] as "covers!"
  from consents
 where user_id = :userId and client_id = :clientId;

-- name: rememberConsent :exec
-- Adds to what a person allows a client.
insert into consents as c (user_id, client_id, scopes, created_at, updated_at)
values (:userId, :clientId, :scopes, :now, :now)
on conflict (user_id, client_id) do update
   set scopes = array(select distinct scope from unnest(c.scopes || excluded.scopes) as scope order by scope),
       updated_at = excluded.updated_at;

-- name: findConsentClient :maybe
-- What a person is shown of a client before they agree to anything.
select id, name, first_party, client_uri, policy_uri, tos_uri, l.hash as logo_hash
  from clients
  left join client_logos l on l.client_id = id and logo_uri is not null
 where id = :id and status = 'active';

-- name: listConsents :many
-- What a person allows clients, the latest first.
select c.client_id, k.name, k.client_uri, c.scopes, c.created_at, c.updated_at
  from consents c
  join clients k on k.id = c.client_id
 where c.user_id = :userId
 order by c.updated_at desc, c.client_id
 limit :limit::integer;

-- name: forgetConsent :maybe
-- Takes a consent back. Whoever issues a code on it at this moment holds the row, and is waited for.
delete from consents where user_id = :userId and client_id = :clientId returning client_id;

-- name: deleteCodesOfClient :exec
-- Codes of this person that are on their way to this client. Whoever redeems one at this moment holds the row, and is waited for.
delete from authorization_codes where user_id = :userId and client_id = :clientId;
