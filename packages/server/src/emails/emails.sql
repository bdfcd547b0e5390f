-- The addresses of an account, and those that wait for their proof.

-- name: listEmails :many
-- The addresses of a user, oldest first.
select i.id, i.value, i.canonical, i.verified_at is not null as "verified!", coalesce(i.id = primary_email(i.user_id), false) as "primary!"
  from identifiers i
 where i.user_id = :userId and i.kind = 'email'
 order by i.created_at, i.id;

-- name: listPendingEmails :many
-- Addresses that a user asked for and has not proved, while their links are good.
select l.id, l.value as "value!", l.identifier_id as "replaces?", l.expires_at
  from mailed_links l
  join users u on u.id = l.user_id
 where l.user_id = :userId and l.purpose = 'add_email' and l.used_at is null and l.expires_at > signet_now()
   and mailed_link_lives(l.purpose, l.rev, u.status, u.cut)
 order by l.created_at, l.id;

-- name: readPosition :one
-- The position of the revocation log. Asked with the lock on a user and a live session, it is one on which what that user
-- asks for may rest.
select revocation_position() as "position!";

-- name: findAsker :maybe
-- The language of a user who may have mail sent.
select locale from users where id = :id and status = 'active';

-- name: findOwnerOfEmail :maybe
-- Who has proved an address.
select i.user_id, i.value, u.locale
  from identifiers i
  join users u on u.id = i.user_id
 where i.realm_id = 1 and i.kind = 'email' and i.canonical = :canonical and i.verified_at is not null;

-- name: insertVerifiedEmail :exec
-- An address that was proved just now. Needs the lock on the address, and that nobody else has proved it.
insert into identifiers (id, user_id, kind, value, canonical, verified_at, created_at)
values (:id, :userId, 'email', :value, :canonical, :now, :now)
on conflict (user_id, kind, canonical) do update
   set verified_at = coalesce(identifiers.verified_at, excluded.verified_at), value = excluded.value, claim_expires_at = null;

-- name: deleteEmail :maybe
-- Takes an address away, unless it is the last way in, or the last proved one where nobody comes in without. Needs the lock on the user.
delete from identifiers i
 where i.id = :id and i.user_id = :userId and i.kind = 'email' and has_other_way_in(i.user_id, i.id, :configuredProviders::text[])
   and (i.verified_at is null or not :addressNeeded
        or exists (select from identifiers o
                    where o.user_id = i.user_id and o.id <> i.id and o.kind = 'email' and o.verified_at is not null))
returning i.value, i.verified_at is not null as "verified!", coalesce(i.id = primary_email(i.user_id), false) as "primary!";

-- name: withdrawPendingEmail :exec
-- An address that waits is not wanted any more.
update mailed_links set used_at = signet_now()
 where id = :id and user_id = :userId and purpose = 'add_email' and used_at is null;

-- name: clearPrimaryEmail :exec
-- No address is chosen. Needs the lock on the user.
update identifiers set is_primary = false where user_id = :userId and kind = 'email' and is_primary;

-- name: setPrimaryEmail :exec
-- An address is chosen, where it is proved. Needs the lock on the user, and that none is chosen.
update identifiers set is_primary = true where user_id = :userId and kind = 'email' and canonical = :canonical and verified_at is not null;

-- name: deleteIdentifiersSince :many
-- What came since a moment, but for the address that is given back and for what the
-- account was opened with. Needs the lock on the user.
delete from identifiers i
 using users u
 where u.id = i.user_id and i.user_id = :userId and not (i.kind = 'email' and i.canonical = :canonical)
   and i.created_at > u.created_at and i.created_at > :since::timestamptz
returning i.kind, i.value;

-- name: voidLaterUndoLinks :exec
-- Links that would take a later change back, and so undo this.
update mailed_links set used_at = signet_now()
 where user_id = :userId and purpose = 'undo_email_change' and used_at is null and created_at >= :changedAt::timestamptz;
