-- Sign-ins that are at a provider, and identities that wait for the owner of an account.

-- name: insertFederatedSignIn :exec
insert into federated_sign_ins (state_hash, provider, browser_hash, request, ui_locales, link, waiting, stay, reauthenticates, created_at,
                                expires_at)
values (:stateHash, :provider, :browserHash, :request, :uiLocales, :link, :waiting, :stay, :reauthenticates, signet_now(),
        signet_now() + make_interval(secs => :lifetimeSeconds::integer));

-- name: takeFederatedSignIn :maybe
-- Uses a state up: once, in the browser that it came from, at the provider that it went to. What a session may rest on that begins
-- by it is read here.
with taken as (
  delete from federated_sign_ins
   where state_hash = :stateHash and browser_hash = :browserHash and provider = :provider
  returning request, ui_locales, link, waiting, stay, reauthenticates, created_at, expires_at
)
select t.request as "request!", t.ui_locales as "ui_locales!", t.link as "link!", t.waiting as "waiting!", t.stay as "stay!",
       t.reauthenticates as "reauthenticates!", t.created_at as "created_at!", revocation_position() as "position!"
  from taken t
 where t.expires_at > signet_now();

-- name: insertWaitingIdentity :exec
insert into waiting_identities (token_hash, provider, issuer, subject, email, name, browser_hash, user_id, code_challenge, expires_at)
values (:tokenHash, :provider, :issuer, :subject, :email?, :name, :browserHash?, :userId?, :codeChallenge?,
        signet_now() + make_interval(secs => :lifetimeSeconds::integer));

-- name: findWaitingIdentity :maybe
-- What waits in this browser.
select provider, email, name
  from waiting_identities
 where token_hash = :tokenHash and browser_hash = :browserHash and expires_at > signet_now();

-- name: takeWaitingInBrowser :maybe
-- Takes what waits in this browser: once.
delete from waiting_identities
 where token_hash = :tokenHash and browser_hash = :browserHash and expires_at > signet_now()
returning provider, issuer, subject, email, name;

-- name: takeWaitingForApp :maybe
-- Takes what an app has asked for: once, for the same user, by whoever knows the verifier.
delete from waiting_identities
 where token_hash = :tokenHash and user_id = :userId and code_challenge = :codeChallenge and expires_at > signet_now()
returning provider, issuer, subject, email, name;

-- name: deleteOldProviderSignIns :exec
-- Sign-ins that nobody came back from a provider with.
delete from federated_sign_ins
 where state_hash in (select state_hash from federated_sign_ins where expires_at < signet_now() limit :limit::integer for update skip locked);

-- name: deleteOldWaitingIdentities :exec
-- Identities that nobody took up.
delete from waiting_identities
 where token_hash in (select token_hash from waiting_identities where expires_at < signet_now() limit :limit::integer for update skip locked);
