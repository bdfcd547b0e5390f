// Generated from invitations.sql by tools/sql. Do not edit.
import { exec, many, maybe, one } from '../db/query.ts'

/** An invitation. Earlier ones to the same address are void. */
export const insertInvitation = one<
  {
    canonical: string
    id: string
    value: string
    displayName: string
    locale: string
    invitedBy: string | null
    lifetimeMinutes: number
  },
  {
    expiresAt: Date
  }
>({
  name: 'invitations.insertInvitation',
  text: `with void as (
  update invitations
     set revoked_at = signet_now()
   where realm_id = 1 and canonical = $1 and accepted_at is null and revoked_at is null
)
insert into invitations (id, value, canonical, display_name, locale, invited_by, rev, created_at, expires_at)
values ($2, $3, $1, $4, $5, $6, revocation_position(), signet_now(),
        signet_now() + make_interval(mins => $7::integer))
returning expires_at`,
  params: ['canonical', 'id', 'value', 'displayName', 'locale', 'invitedBy', 'lifetimeMinutes'],
  columns: ['expiresAt'],
})

/** Begins the lifetime of one that is open, or expired, anew. What its last mail held is void. */
export const renewInvitation = maybe<
  {
    lifetimeMinutes: number
    id: string
  },
  {
    canonical: string
    expiresAt: Date
  }
>({
  name: 'invitations.renewInvitation',
  text: `update invitations
   set expires_at = signet_now() + make_interval(mins => $1::integer), token_hash = null, code_hash = null
 where id = $2 and accepted_at is null and revoked_at is null
returning canonical, expires_at`,
  params: ['lifetimeMinutes', 'id'],
  columns: ['canonical', 'expiresAt'],
})

/** An invitation that can still be accepted, and whether somebody has proved its address meanwhile. */
export const findOpenInvitation = maybe<
  {
    id: string
  },
  {
    value: string
    canonical: string
    locale: string
    hasOwner: boolean
  }
>({
  name: 'invitations.findOpenInvitation',
  text: `select n.value, n.canonical, n.locale,
       exists (select from identifiers i
                where i.realm_id = n.realm_id and i.kind = 'email' and i.canonical = n.canonical and i.verified_at is not null)
         as "has_owner!"
  from invitations n
 where n.id = $1 and n.accepted_at is null and n.revoked_at is null and n.expires_at > signet_now()`,
  params: ['id'],
  columns: ['value', 'canonical', 'locale', 'hasOwner'],
})

/** Stores what the mail that is ordered holds. */
export const setInvitationOpener = exec<{ tokenHash: Buffer; codeHash: Buffer; id: string }>({
  name: 'invitations.setInvitationOpener',
  text: `update invitations
   set token_hash = $1, code_hash = $2, code_tries = 0, rev = revocation_position()
 where id = $3 and accepted_at is null and revoked_at is null`,
  params: ['tokenHash', 'codeHash', 'id'],
  columns: [],
})

/** The invitation that a link or a code is from, without using it. Of a code this counts as a try. */
export const findPresentedInvitation = maybe<
  {
    tokenHash: Buffer | null
    canonical: string | null
    triesMax: number
    codeHash: Buffer | null
  },
  {
    id: string
    value: string
    canonical: string
    displayName: string
    locale: string
    tokenHash: Buffer
  }
>({
  name: 'invitations.findPresentedInvitation',
  text: `with presented as materialized (
  select n.id
    from invitations n
   where n.accepted_at is null and n.revoked_at is null
     and (n.token_hash = $1::bytea
          or ($1 is null and n.realm_id = 1 and n.canonical = $2::text
              and n.code_tries < $3::integer))
   order by n.created_at desc
   limit 1
), tried as (
  update invitations n
     set code_tries = n.code_tries + case when $1 is null then 1 else 0 end
    from presented p
   where n.id = p.id and ($1 is not null or n.code_tries < $3)
  returning n.id, n.value, n.canonical, n.display_name, n.locale, n.token_hash, n.expires_at, n.rev,
            n.token_hash = $1 or n.code_hash = $4::bytea as matches
)
select t.id, t.value, t.canonical, t.display_name, t.locale, t.token_hash as "token_hash!"
  from tried t
 where t.matches and t.expires_at > signet_now() and t.rev >= global_cut()`,
  params: ['tokenHash', 'canonical', 'triesMax', 'codeHash'],
  columns: ['id', 'value', 'canonical', 'displayName', 'locale', 'tokenHash'],
})

/** Uses an invitation up, where it still stands with the very mail that was presented. The single use is this condition. */
export const acceptInvitation = exec<{ id: string; tokenHash: Buffer }>({
  name: 'invitations.acceptInvitation',
  text: `update invitations
   set accepted_at = signet_now()
 where id = $1 and token_hash = $2 and accepted_at is null and revoked_at is null
   and expires_at > signet_now() and rev >= global_cut()`,
  params: ['id', 'tokenHash'],
  columns: [],
})

/** Takes one back that nobody has accepted. */
export const revokeInvitation = exec<{ id: string }>({
  name: 'invitations.revokeInvitation',
  text: `update invitations set revoked_at = signet_now() where id = $1 and accepted_at is null and revoked_at is null`,
  params: ['id'],
  columns: [],
})

/** Invitations that nobody has accepted or taken back, the oldest first, after the one that is named. */
export const listInvitations = many<
  {
    after: string | null
    limit: number
  },
  {
    id: string
    value: string
    displayName: string
    invitedBy: string | null
    createdAt: Date
    expiresAt: Date
    expired: boolean
  }
>({
  name: 'invitations.listInvitations',
  text: `select id, value, display_name, invited_by, created_at, expires_at, expires_at <= signet_now() as "expired!"
  from invitations
 where accepted_at is null and revoked_at is null and ($1::uuid is null or id > $1)
 order by id
 limit $2::integer`,
  params: ['after', 'limit'],
  columns: ['id', 'value', 'displayName', 'invitedBy', 'createdAt', 'expiresAt', 'expired'],
})

/** Invitations that were accepted, taken back, or could have been accepted, a while ago. */
export const deleteOldInvitations = exec<{ days: number; limit: number }>({
  name: 'invitations.deleteOldInvitations',
  text: `delete from invitations
 where id in (select id from invitations where expires_at < signet_now() - make_interval(days => $1::integer)
               limit $2::integer for update skip locked)`,
  params: ['days', 'limit'],
  columns: [],
})
