-- name: lockIdentifier :exec
-- Makes those who change the holders of one identifier go one after the other, until their transactions end.
select pg_advisory_xact_lock(hashtextextended('signet identifier ' || :kind || ' ' || :canonical, 0));

-- name: findHolders :one
-- Who holds the identifier by proof, and how many claim it without who have proved nothing else: whoever has is somebody else, and
-- keeps nobody out.
select (select user_id from identifiers
         where realm_id = 1 and kind = :kind and canonical = :canonical and verified_at is not null) as "owner_id?",
       (select count(*)::integer from identifiers i
         where i.realm_id = 1 and i.kind = :kind and i.canonical = :canonical and i.verified_at is null
           and not exists (select from identifiers o where o.user_id = i.user_id and o.verified_at is not null)) as "claims!";

-- name: listHolders :many
-- The users who have the identifier, by proof or by claim, in the order in which they came.
select i.user_id, i.verified_at is not null as "verified!"
  from identifiers i
  join users u on u.id = i.user_id
 where i.realm_id = 1 and i.kind = :kind and i.canonical = :canonical and u.status <> 'deleted'
 order by i.user_id;

-- name: insertUserWithPassword :exec
-- A user with one identifier and a password, in one statement.
with opened as (
  insert into users (id, display_name, locale, created_at, updated_at)
  values (:id, :displayName, :locale, :createdAt, :createdAt)
), identified as (
  insert into identifiers (id, user_id, kind, value, canonical, verified_at, created_at, claim_expires_at)
  values (:identifierId, :id, :kind, :value, :canonical, :verifiedAt?, :createdAt,
          signet_now() + make_interval(days => :claimDays?::integer))
)
insert into passwords (user_id, hash, set_at) values (:id, :passwordHash, :createdAt);

-- name: insertUserWithoutPassword :exec
-- A user who proves who they are elsewhere, with one identifier or none.
with opened as (
  insert into users (id, display_name, locale, created_at, updated_at)
  values (:id, :displayName, :locale, :createdAt, :createdAt)
)
insert into identifiers (id, user_id, kind, value, canonical, verified_at, created_at, claim_expires_at)
select :identifierId?::uuid, :id, 'email', :value?, :canonical?, :verifiedAt?, :createdAt,
       signet_now() + make_interval(days => :claimDays?::integer)
 where :identifierId?::uuid is not null;

-- name: findAccountState :maybe
-- Whether an account is open, and whether its roles let it do more than any user.
select status, (select p from permissions_of(id) as p) <> '{}' as "privileged!" from users where id = :id;

-- name: listClaimants :many
-- Who claims an address that they have not proved, whether their account is open, and whether they have proved any other identifier.
select i.user_id, u.status = 'active' as "active!", i.id as "identifier_id!",
       exists (select from identifiers o where o.user_id = i.user_id and o.verified_at is not null) as "proved!"
  from identifiers i
  join users u on u.id = i.user_id
 where i.realm_id = 1 and i.kind = 'email' and i.canonical = :canonical and i.verified_at is null and u.status <> 'deleted'
 order by i.user_id;

-- name: proveIdentifier :exec
-- Notes that its user has proved an identifier. Needs the lock on it, and that nobody else has proved it.
update identifiers set verified_at = :now where id = :id and verified_at is null;

-- name: findUser :maybe
-- A user who was not deleted, with the names of the roles held.
select id, status, display_name, locale, created_at, (select r from role_names_of(id) as r) as "role_names!"
  from users
 where id = :id and status <> 'deleted';

-- name: listIdentifiers :many
-- What a user signs in with, oldest first.
select kind, value, verified_at is not null as "verified!", coalesce(id = primary_email(user_id), false) as "primary!"
  from identifiers
 where user_id = :userId
 order by created_at, id;

-- name: listUsers :many
-- Users in the order in which they came, after the one that is named.
select u.id, u.status, u.display_name, u.created_at, (select r from role_names_of(u.id) as r) as "role_names!",
       array(select i.value from identifiers i where i.user_id = u.id order by i.created_at, i.id) as "identifiers!",
       array(select i.value from identifiers i where i.user_id = u.id and i.verified_at is null
              order by i.created_at, i.id) as "unverified!"
  from users u
 where u.status <> 'deleted'
   and (:status?::text is null or u.status = :status?)
   and (:after?::uuid is null or u.id > :after?)
 order by u.id
 limit :limit::integer;

-- name: searchUsers :many
-- Users with an identifier from `from` up to `until`, compared byte by byte as the index has them.
select u.id, u.status, u.display_name, u.created_at, (select r from role_names_of(u.id) as r) as "role_names!",
       array(select i.value from identifiers i where i.user_id = u.id order by i.created_at, i.id) as "identifiers!",
       array(select i.value from identifiers i where i.user_id = u.id and i.verified_at is null
              order by i.created_at, i.id) as "unverified!"
  from users u
 where u.status <> 'deleted'
   and (:status?::text is null or u.status = :status?)
   and (:after?::uuid is null or u.id > :after?)
   and u.id in (select i.user_id from identifiers i where i.canonical ~>=~ :from and i.canonical ~<~ :until)
 order by u.id
 limit :limit::integer;

-- name: lockAdministrators :one
-- Makes those who change who is an active administrator go one after the other, until their transactions end.
select id from roles where realm_id = 1 and name = 'administrator' for no key update;

-- name: suspendUser :maybe
-- Suspends an active user and cuts off every session there is, unless no active administrator would be left.
-- Needs the lock on administrators.
update users u
   set status = 'suspended', updated_at = :now
 where u.id = :id and u.status = 'active'
   and (not is_administrator(u.id)
        or exists (select from users o where o.id <> u.id and o.status = 'active' and is_administrator(o.id)))
returning log_revocation('sub', u.id::text, 'suspended') as "entry_id!";

-- name: unsuspendUser :exec
-- Opens the account again. The cut stays: nothing that was ended comes back.
update users set status = 'active', updated_at = :now where id = :id and status = 'suspended';

-- name: deleteUnprovenAccounts :exec
-- Accounts that could not be entered before their address was proved, and that nobody has proved in time.
delete from users
 where id in (select u.id from users u
               where u.id in (select i.user_id from identifiers i
                               where i.verified_at is null and i.claim_expires_at <= signet_now()
                               order by i.claim_expires_at limit :limit::integer)
                 and not exists (select from identifiers i where i.user_id = u.id and i.verified_at is not null)
                 for update skip locked);

-- name: hasProved :one
-- Whether a user has proved an identifier. Of a user that there is not, it is no.
select exists (select from identifiers
                where user_id = :userId and kind = :kind and canonical = :canonical and verified_at is not null) as "proved!";

-- name: deleteIdentifiersBesides :many
-- What a user had before one of their addresses was proved, which the account had merely claimed until then; or all else. Needs the
-- lock on the user.
delete from identifiers i
 using identifiers a
 where i.user_id = :userId and a.id = :identifierId and a.user_id = i.user_id and i.id <> a.id
   and (:all::boolean or (a.verified_at <> a.created_at and coalesce(i.verified_at, i.created_at) <= a.verified_at))
returning i.kind, i.value, i.verified_at is not null as "verified!";
