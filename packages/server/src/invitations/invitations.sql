-- Invitations, from an administrator's word to the account.

-- name: insertInvitation :one
-- An invitation. Earlier ones to the same address are void.
with void as (
  update invitations
     set revoked_at = signet_now()
   where realm_id = 1 and canonical = :canonical and accepted_at is null and revoked_at is null
)
insert into invitations (id, value, canonical, display_name, locale, invited_by, rev, created_at, expires_at)
values (:id, :value, :canonical, :displayName, :locale, :invitedBy?, revocation_position(), signet_now(),
        signet_now() + make_interval(mins => :lifetimeMinutes::integer))
returning expires_at;

-- name: renewInvitation :maybe
-- Begins the lifetime of one that is open, or expired, anew. What its last mail held is void.
update invitations
   set expires_at = signet_now() + make_interval(mins => :lifetimeMinutes::integer), token_hash = null, code_hash = null
 where id = :id and accepted_at is null and revoked_at is null
returning canonical, expires_at;

-- name: findOpenInvitation :maybe
-- An invitation that can still be accepted, and whether somebody has proved its address meanwhile.
select n.value, n.canonical, n.locale,
       exists (select from identifiers i
                where i.realm_id = n.realm_id and i.kind = 'email' and i.canonical = n.canonical and i.verified_at is not null)
         as "has_owner!"
  from invitations n
 where n.id = :id and n.accepted_at is null and n.revoked_at is null and n.expires_at > signet_now();

-- name: setInvitationOpener :exec
-- Stores what the mail that is ordered holds.
update invitations
   set token_hash = :tokenHash, code_hash = :codeHash, code_tries = 0, rev = revocation_position()
 where id = :id and accepted_at is null and revoked_at is null;

-- name: findPresentedInvitation :maybe
-- The invitation that a link or a code is from, without using it. Of a code this counts as a try.
with presented as materialized (
  select n.id
    from invitations n
   where n.accepted_at is null and n.revoked_at is null
     and (n.token_hash = :tokenHash?::bytea
          or (:tokenHash? is null and n.realm_id = 1 and n.canonical = :canonical?::text
              and n.code_tries < :triesMax::integer))
   order by n.created_at desc
   limit 1
), tried as (
  update invitations n
     set code_tries = n.code_tries + case when :tokenHash? is null then 1 else 0 end
    from presented p
   where n.id = p.id and (:tokenHash? is not null or n.code_tries < :triesMax)
  returning n.id, n.value, n.canonical, n.display_name, n.locale, n.token_hash, n.expires_at, n.rev,
            n.token_hash = :tokenHash? or n.code_hash = :codeHash?::bytea as matches
)
select t.id, t.value, t.canonical, t.display_name, t.locale, t.token_hash as "token_hash!"
  from tried t
 where t.matches and t.expires_at > signet_now() and t.rev >= global_cut();

-- name: acceptInvitation :exec
-- Uses an invitation up, where it still stands with the very mail that was presented. The single use is this condition.
update invitations
   set accepted_at = signet_now()
 where id = :id and token_hash = :tokenHash and accepted_at is null and revoked_at is null
   and expires_at > signet_now() and rev >= global_cut();

-- name: revokeInvitation :exec
-- Takes one back that nobody has accepted.
update invitations set revoked_at = signet_now() where id = :id and accepted_at is null and revoked_at is null;

-- name: listInvitations :many
-- Invitations that nobody has accepted or taken back, the oldest first, after the one that is named.
select id, value, display_name, invited_by, created_at, expires_at, expires_at <= signet_now() as "expired!"
  from invitations
 where accepted_at is null and revoked_at is null and (:after?::uuid is null or id > :after?)
 order by id
 limit :limit::integer;

-- name: deleteOldInvitations :exec
-- Invitations that were accepted, taken back, or could have been accepted, a while ago.
delete from invitations
 where id in (select id from invitations where expires_at < signet_now() - make_interval(days => :days::integer)
               limit :limit::integer for update skip locked);
