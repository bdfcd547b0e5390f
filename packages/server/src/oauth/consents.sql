-- name: findConsent :maybe
-- What a person allows a client, and when they last said so.
select scopes, updated_at from consents where user_id = :userId and client_id = :clientId;

-- name: rememberConsent :exec
-- Adds to what a person allows a client.
insert into consents as c (user_id, client_id, scopes, created_at, updated_at)
values (:userId, :clientId, :scopes, :now, :now)
on conflict (user_id, client_id) do update
   set scopes = array(select distinct scope from unnest(c.scopes || excluded.scopes) as scope order by scope),
       updated_at = excluded.updated_at;

-- name: findConsentClient :maybe
-- What a person is shown of a client before they agree to anything.
select id, name, first_party, client_uri, logo_uri, policy_uri, tos_uri from clients where id = :id and status = 'active';
