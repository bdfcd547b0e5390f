-- name: insertClient :exec
-- Registers a client, unless the id is taken. An id is never given to another client.
insert into clients (id, name, type, first_party, direct_sign_in, confirming, subject_namespace, signing_algorithm, scopes,
                     allowed_origins, permissions, resources, audiences, claims, access_token_lifetime_seconds, grant_types,
                     redirect_uris, post_logout_redirect_uris, backchannel_logout_uri, response_modes, pkce_required, jwks,
                     jwks_uri, client_uri, logo_uri, policy_uri, tos_uri, created_at, updated_at)
values (:id, :name, :type, :firstParty, :directSignIn, :confirming, :subjectNamespace?, :signingAlgorithm, :scopes,
        :allowedOrigins, :permissions, :resources, :audiences, :claims, :accessTokenLifetimeSeconds?, :grantTypes,
        :redirectUris, :postLogoutRedirectUris, :backchannelLogoutUri?, :responseModes, :pkceRequired, :jwks?,
        :jwksUri?, :clientUri?, :logoUri?, :policyUri?, :tosUri?, :now, :now)
on conflict (id) do nothing;

-- name: findClient :maybe
-- One client.
select id, name, type, status, first_party, direct_sign_in, confirming, subject_namespace, signing_algorithm, scopes,
       allowed_origins, permissions, resources, audiences, claims, access_token_lifetime_seconds, grant_types, redirect_uris,
       post_logout_redirect_uris, backchannel_logout_uri, response_modes, pkce_required, jwks, jwks_uri, client_uri, logo_uri,
       policy_uri, tos_uri, created_at, l.hash as logo_hash, l.fetched_at as logo_fetched_at,
       case when l.uri = logo_uri then l.problem end as logo_problem
  from clients
  left join client_logos l on l.client_id = id and logo_uri is not null
 where id = :id;

-- name: findAuthorizationClient :maybe
-- A client that people authorize, and what it may ask for.
select id, name, type, status, first_party, scopes, audiences, grant_types, response_modes, redirect_uris, pkce_required
  from clients
 where id = :id;

-- name: findClientForUpdate :maybe
-- One client, locked: secrets are given out one after the other.
select id, type, status, subject_namespace, permissions, jwks is not null or jwks_uri is not null as "signs!"
  from clients
 where id = :id
   for no key update;

-- name: listClients :many
-- Clients by id, after the one that is named.
select id, name, type, status, first_party, direct_sign_in, confirming, subject_namespace, signing_algorithm, scopes,
       allowed_origins, permissions, resources, audiences, claims, access_token_lifetime_seconds, grant_types, redirect_uris,
       post_logout_redirect_uris, backchannel_logout_uri, response_modes, pkce_required, jwks, jwks_uri, client_uri, logo_uri,
       policy_uri, tos_uri, created_at, l.hash as logo_hash, l.fetched_at as logo_fetched_at,
       case when l.uri = logo_uri then l.problem end as logo_problem
  from clients
  left join client_logos l on l.client_id = id and logo_uri is not null
 where :after?::text is null or id > :after?
 order by id
 limit :limit::integer;

-- name: listClientSecrets :many
-- The secrets of a client that are good, the newest first; of each only what tells it apart.
select prefix, created_at, expires_at, last_used_at
  from client_secrets
 where client_id = :clientId and revoked_at is null and (expires_at is null or expires_at > signet_now())
 order by created_at desc, id desc;

-- name: insertClientSecret :exec
-- Stores what a secret is recognised by. It rests on the position that is read here.
insert into client_secrets (id, client_id, kind, prefix, secret_hash, rev, created_at, expires_at)
values (:id, :clientId, 'client_secret', :prefix, :secretHash, revocation_position(), signet_now(),
        signet_now() + make_interval(days => :lifetimeDays?::integer));

-- name: revokeOlderClientSecrets :exec
-- Of the good secrets of a client the newest stay. Needs the lock on the client.
update client_secrets
   set revoked_at = signet_now()
 where client_id = :clientId and revoked_at is null
   and id not in (select s.id from client_secrets s
                   where s.client_id = :clientId and s.revoked_at is null
                     and (s.expires_at is null or s.expires_at > signet_now())
                   order by s.created_at desc, s.id desc
                   limit :secretsMax::integer);

-- name: replaceClient :exec
-- Replaces everything of a client that can change. Needs the lock on it.
update clients
   set name = :name, first_party = :firstParty, direct_sign_in = :directSignIn, confirming = :confirming,
       signing_algorithm = :signingAlgorithm, scopes = :scopes, allowed_origins = :allowedOrigins, permissions = :permissions,
       resources = :resources, audiences = :audiences, claims = :claims,
       access_token_lifetime_seconds = :accessTokenLifetimeSeconds?, grant_types = :grantTypes, redirect_uris = :redirectUris,
       post_logout_redirect_uris = :postLogoutRedirectUris, backchannel_logout_uri = :backchannelLogoutUri?,
       response_modes = :responseModes, pkce_required = :pkceRequired, jwks = :jwks?, jwks_uri = :jwksUri?,
       client_uri = :clientUri?, logo_uri = :logoUri?, policy_uri = :policyUri?, tos_uri = :tosUri?, updated_at = :now
 where id = :id;

-- name: enableClient :exec
-- Opens a closed client again.
update clients set status = 'active', updated_at = :now where id = :id and status = 'disabled';

-- name: disableClient :exec
-- Closes a client; the built-in one stays. Locks it for the entry in the revocation log.
update clients set status = 'disabled', updated_at = :now where id = :id and status = 'active' and id <> :ownClientId;

-- name: logClientDisabled :one
-- Writes the entry that ends everything the client holds. Needs the lock on the client.
select log_revocation('client', :id, 'client_disabled') as "entry_id!";

-- name: judgeClientSecret :maybe
-- The client of this id, and what is to be said of the secret with this hash. It rests on the position that is read here.
select c.permissions, c.subject_namespace, c.resources, c.grant_types, c.scopes, c.audiences, c.signing_algorithm,
       c.access_token_lifetime_seconds,
       s.id as "secret_id?", s.rev as "rev?", extract(epoch from s.expires_at - signet_now())::double precision as "remaining_seconds?",
       s.last_used_at is null or s.last_used_at < signet_now() - interval '1 hour' as "use_unnoted!",
       case
         when c.type = 'public'                       then 'a public client has no secret'
         when c.status <> 'active'                    then 'the client is disabled'
         when s.id is null                            then 'the client has no such secret'
         when s.revoked_at is not null                then 'the secret was replaced'
         when s.expires_at <= signet_now()            then 'the secret has expired'
         when s.rev < greatest(c.cut, global_cut())   then 'the secret was ended with everything of its time'
         else                                              'good'
       end as "verdict!"
  from clients c
  left join client_secrets s on s.client_id = c.id and s.secret_hash = :secretHash and s.kind = 'client_secret'
 where c.id = :clientId;

-- name: noteSecretUse :exec
-- Notes that a secret is used, at most once an hour.
update client_secrets
   set last_used_at = signet_now()
 where id = :id and (last_used_at is null or last_used_at < signet_now() - interval '1 hour');

-- name: findClientKeySet :maybe
-- Where the public keys of a client are; no row where it proves itself in another way, or in none.
select jwks, jwks_uri
  from clients
 where id = :id and type <> 'public' and status = 'active' and (jwks is not null or jwks_uri is not null);

-- name: useClientAssertion :maybe
-- Uses an assertion whose signature was found right, once; and says what is to be said of its client and its times. Ten
-- seconds are forgiven to clocks at its end, and a minute at its beginning. It rests on the position that is read here.
with judged as materialized (
  select c.id, c.permissions, c.subject_namespace, c.resources, c.grant_types, c.scopes, c.audiences, c.signing_algorithm,
         c.access_token_lifetime_seconds,
         case
           when c.type = 'public' or (c.jwks is null and c.jwks_uri is null)        then 'the client does not prove itself by keys'
           when c.status <> 'active'                                                then 'the client is disabled'
           when to_timestamp(:exp) <= signet_now() - interval '10 seconds'          then 'the assertion has expired'
           when to_timestamp(:exp) > signet_now() + interval '310 seconds'          then 'the assertion expires later than in five minutes'
           when to_timestamp(:notBefore?) > signet_now() + interval '60 seconds'    then 'the assertion is not good yet'
           else                                                                          'good'
         end as verdict
    from clients c
   where c.id = :clientId
), used as (
  insert into client_assertions (client_id, jti_hash, expires_at)
  select j.id, :jtiHash, to_timestamp(:exp) + interval '60 seconds' from judged j where j.verdict = 'good'
  on conflict do nothing
  returning client_id
)
select j.permissions, j.subject_namespace, j.resources, j.grant_types, j.scopes, j.audiences, j.signing_algorithm,
       j.access_token_lifetime_seconds, revocation_position() as "rev!",
       case when j.verdict = 'good' and not exists (select from used) then 'the assertion was used before'
            else j.verdict end as "verdict!"
  from judged j;

-- name: findPublicClient :maybe
-- A client that has nothing to prove itself with, and what tokens it may get.
select grant_types, scopes, audiences, signing_algorithm, access_token_lifetime_seconds
  from clients
 where id = :id and type = 'public' and status = 'active';

-- name: deleteUsedAssertions :exec
-- Assertions of clients that have expired: nobody can use one again.
delete from client_assertions
 where ctid = any (array(select ctid from client_assertions where expires_at <= signet_now()
                          limit :limit::integer for update skip locked));
