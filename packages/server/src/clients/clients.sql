-- name: insertClient :exec
-- Registers a client, unless the id is taken. An id is never given to another client.
insert into clients (id, name, type, first_party, direct_sign_in, confirming, subject_namespace, signing_algorithm, scopes,
                     allowed_origins, created_at, updated_at)
values (:id, :name, :type, :firstParty, :directSignIn, :confirming, :subjectNamespace?, :signingAlgorithm, :scopes,
        :allowedOrigins, :now, :now)
on conflict (id) do nothing;

-- name: findClient :maybe
-- One client.
select id, name, type, status, first_party, direct_sign_in, confirming, subject_namespace, signing_algorithm, scopes,
       allowed_origins, created_at
  from clients
 where id = :id;

-- name: findClientForUpdate :maybe
-- One client, locked: secrets are given out one after the other.
select id, type, status from clients where id = :id for no key update;

-- name: listClients :many
-- Clients by id, after the one that is named.
select id, name, type, status, first_party, direct_sign_in, confirming, subject_namespace, signing_algorithm, scopes,
       allowed_origins, created_at
  from clients
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

-- name: disableClient :exec
-- Closes a client; the built-in one stays. Locks it for the entry in the revocation log.
update clients set status = 'disabled', updated_at = :now where id = :id and status = 'active' and id <> :ownClientId;

-- name: logClientDisabled :one
-- Writes the entry that ends everything the client holds. Needs the lock on the client.
select log_revocation('client', :id, 'client_disabled') as "entry_id!";
