-- Who people are at providers.

-- name: lockIdentity :exec
-- Makes those who ask whose an identity is go one after the other, until their transactions end.
select pg_advisory_xact_lock(hashtextextended('signet identity ' || :provider || ' ' || :issuer || ' ' || :subject, 0));

-- name: findIdentity :maybe
-- Whose an identity is. An address that only they claim is answered where they have proved none.
select i.id, i.user_id, u.status,
       primary_email(i.user_id) is not null as "has_proved_email!",
       (select c.canonical from identifiers c
         where c.user_id = i.user_id and c.kind = 'email' and c.verified_at is null
         order by c.created_at, c.id limit 1) as "claimed?"
  from federated_identities i
  join users u on u.id = i.user_id
 where i.realm_id = 1 and i.provider = :provider and i.issuer = :issuer and i.subject = :subject;

-- name: isMereClaim :one
-- Whether an account claims an address and has proved none.
select primary_email(:userId::uuid) is null
       and exists (select from identifiers where user_id = :userId and kind = 'email') as "claims!";

-- name: touchIdentity :exec
-- Keeps what the provider says last.
update federated_identities
   set email = :email?, name = :name, last_used_at = greatest(last_used_at, :now)
 where id = :id;

-- name: insertIdentity :exec
-- Gives an identity to a user. Needs the lock on it, and that nobody has it.
insert into federated_identities (id, user_id, provider, issuer, subject, email, name, vouched, created_at, last_used_at)
values (:id, :userId, :provider, :issuer, :subject, :email?, :name, :vouched, :now, :now);

-- name: countIdentities :one
-- How many identities a user has.
select count(*)::integer as "count!" from federated_identities where user_id = :userId;

-- name: listIdentities :many
-- The identities of a user, oldest first.
select id, provider, issuer, subject, email, name, created_at, last_used_at
  from federated_identities
 where user_id = :userId
 order by created_at, id;

-- name: deleteIdentity :maybe
-- Takes an identity away, unless it is the last way in. Needs the lock on the user.
delete from federated_identities i
 where i.id = :id and i.user_id = :userId and has_other_way_in(i.user_id, i.id, :configuredProviders::text[])
returning i.provider, i.issuer;

-- name: deleteIdentities :many
-- Takes the identities of a user away that came since, also or not those that the account was opened with. Needs the lock on the user.
delete from federated_identities i
 using users u
 where u.id = i.user_id and i.user_id = :userId and i.created_at >= :since and (:ofOpening::boolean or i.created_at > u.created_at)
returning i.provider, i.email;

-- name: deleteEarlierIdentities :many
-- Takes identities of a user away that were there before an address was proved: those that nobody has answered for, and, where the
-- account had merely claimed the address until then, all that did not come with the proof. Needs the lock on the user.
delete from federated_identities i
 using identifiers a
 where i.user_id = :userId and a.id = :identifierId and a.user_id = i.user_id
   and ((not i.vouched and i.created_at <= a.verified_at)
        or (a.verified_at <> a.created_at and i.created_at < a.verified_at))
returning i.provider, i.email;

-- name: insertFederatedSession :exec
-- Notes on whose word a session rests; where it went on, on whose word it rests now.
insert into federated_sessions (session_id, provider, issuer, subject, sid, amr, acr)
values (:sessionId, :provider, :issuer, :subject, :sid?, :amr, :acr?)
on conflict (session_id) do update
   set provider = excluded.provider, issuer = excluded.issuer, subject = excluded.subject, sid = excluded.sid,
       amr = excluded.amr, acr = excluded.acr;

-- name: listFederatedSessions :many
-- Live sessions that rest on a session, or on any of a person, at a provider.
select f.session_id as "session_id!", s.user_id as "user_id!"
  from federated_sessions f
  join sessions s on s.id = f.session_id
 where f.provider = :provider and f.issuer = :issuer
   and (:subject?::text is null or f.subject = :subject?) and (:sid?::text is null or f.sid = :sid?)
   and s.ended_at is null
 order by f.session_id;

-- name: isLogoutTokenTaken :one
select exists (select from upstream_logouts where provider = :provider and jti_hash = :jtiHash) as "taken!";

-- name: noteLogoutToken :exec
-- Notes that a logout token was taken.
insert into upstream_logouts (provider, jti_hash, expires_at) values (:provider, :jtiHash, :expiresAt)
on conflict do nothing;

-- name: deleteTakenLogoutTokens :exec
-- Logout tokens that have expired, and so count for nothing.
delete from upstream_logouts
 where (provider, jti_hash) in (select provider, jti_hash from upstream_logouts where expires_at < signet_now() limit :limit::integer for update skip locked);
