// Generated from mailed-links.sql by tools/sql. Do not edit.
import { exec, maybe, one } from '../db/query.ts'

/** A link for one purpose. Earlier ones for the same purpose and address are void where `voidsEarlier`. It rests on the user as read here, or as read at `rev`: what is revoked later kills it. Where the user may not have one, there is none. */
export const insertMailedLink = exec<
  {
    userId: string
    purpose: string
    voidsEarlier: boolean
    id: string
    identifierId: string | null
    canonical: string
    value: string | null
    tokenHash: Buffer
    codeHash: Buffer
    requestHash: Buffer | null
    rev: bigint | null
    lifetimeMinutes: number
  }
>({
  name: 'recovery.mailed-links.insertMailedLink',
  text: `with void as (
  update mailed_links
     set used_at = signet_now()
   where user_id = $1::uuid and purpose = $2 and used_at is null and $3::boolean and id <> $4
     and identifier_id is not distinct from $5::uuid
     and (identifier_id is not null or canonical = $6)
)
insert into mailed_links (id, purpose, user_id, identifier_id, value, canonical, token_hash, code_hash, request_hash, rev,
                          created_at, expires_at)
select $4, $2, u.id, i.id, coalesce($7, i.value), $6, $8, $9, $10,
       coalesce($11::bigint, revocation_position()), signet_now(),
       signet_now() + make_interval(mins => $12::integer)
  from users u
  left join identifiers i on i.id = $5 and i.user_id = u.id
 where u.id = $1 and mailed_link_lives($2, coalesce($11, revocation_position()), u.status, u.cut)
   and (i.id is not null or $5 is null)
on conflict (id) do nothing`,
  params: ['userId', 'purpose', 'voidsEarlier', 'id', 'identifierId', 'canonical', 'value', 'tokenHash', 'codeHash', 'requestHash', 'rev', 'lifetimeMinutes'],
  columns: [],
})

/** Whom a link or a code would prove something about, without using it. Of a code this counts as a try. A code is found by the address that it went to, by its link, or by the request for it. What was asked for with a request is good with it alone. */
export const findLiveLink = maybe<
  {
    purpose: string
    userId: string | null
    requestHash: Buffer | null
    tokenHash: Buffer | null
    canonical: string | null
    linkId: string | null
    triesMax: number
    codeLifetimeMinutes: number
    codeHash: Buffer | null
  },
  {
    id: string
    userId: string
    identifierId: string | null
    value: string
    canonical: string
    createdAt: Date
    displayName: string
    identifiers: string[]
  }
>({
  name: 'recovery.mailed-links.findLiveLink',
  text: `with presented as materialized (
  select l.id
    from mailed_links l
   where l.purpose = $1 and l.used_at is null and ($2::uuid is null or l.user_id = $2)
     and (l.request_hash is null or l.request_hash = $3::bytea)
     and (l.token_hash = $4::bytea
          or ($4 is null
              and (l.canonical = $5::text or l.id = $6::uuid or l.request_hash = $3)
              and l.code_tries < $7::integer
              and l.created_at > signet_now() - make_interval(mins => $8::integer)))
   order by l.created_at desc
   limit 1
), tried as (
  update mailed_links l
     set code_tries = l.code_tries + case when $4::bytea is null then 1 else 0 end
    from presented p
   where l.id = p.id and l.used_at is null and l.code_tries < $7 + case when $4::bytea is null then 0 else 1 end
  returning l.id, l.user_id, l.identifier_id, l.value, l.canonical,
            l.token_hash = $4 or l.code_hash = $9::bytea as matches, l.created_at, l.expires_at, l.rev
)
select t.id, t.user_id, t.identifier_id, t.value as "value!", t.canonical as "canonical!", t.created_at, u.display_name,
       array(select o.value from identifiers o where o.user_id = u.id order by o.created_at, o.id) as "identifiers!"
  from tried t
  join users u on u.id = t.user_id
 where t.matches and t.expires_at > signet_now() and mailed_link_lives($1, t.rev, u.status, u.cut)`,
  params: ['purpose', 'userId', 'requestHash', 'tokenHash', 'canonical', 'linkId', 'triesMax', 'codeLifetimeMinutes', 'codeHash'],
  columns: ['id', 'userId', 'identifierId', 'value', 'canonical', 'createdAt', 'displayName', 'identifiers'],
})

/** Uses a link up, where it still stands, and reads on which position of the revocation log that rests. The single use is this condition. */
export const consumeMailedLink = maybe<{ id: string }, { position: bigint }>({
  name: 'recovery.mailed-links.consumeMailedLink',
  text: `update mailed_links l
   set used_at = signet_now()
  from users u
 where l.id = $1 and l.used_at is null and l.expires_at > signet_now()
   and u.id = l.user_id and mailed_link_lives(l.purpose, l.rev, u.status, u.cut)
returning revocation_position() as "position!"`,
  params: ['id'],
  columns: ['position'],
})

/** Links that would undo a change that was made before an address of the user was proved, which the account had merely claimed until then; or all. Needs the lock on the user. */
export const voidUndoLinks = exec<{ userId: string; identifierId: string; all: boolean }>({
  name: 'recovery.mailed-links.voidUndoLinks',
  text: `update mailed_links l
   set used_at = signet_now()
  from identifiers a
 where l.user_id = $1 and l.purpose = 'undo_email_change' and l.used_at is null
   and a.id = $2 and a.user_id = l.user_id
   and ($3::boolean or (a.verified_at <> a.created_at and l.created_at <= a.verified_at))`,
  params: ['userId', 'identifierId', 'all'],
  columns: [],
})

/** Whether a user has proved an address, but not this one. */
export const hasProvedAnother = one<{ userId: string; canonical: string }, { proved: boolean }>({
  name: 'recovery.mailed-links.hasProvedAnother',
  text: `select primary_email($1::uuid) is not null
       and not exists (select from identifiers where user_id = $1 and kind = 'email' and canonical = $2
                                                 and verified_at is not null) as "proved!"`,
  params: ['userId', 'canonical'],
  columns: ['proved'],
})

/** Who is meant by an address: the user who proved it, else the one who claimed it first and has proved nothing else. Whoever reads a mailbox gets no account of which somebody has proved another address. */
export const findAddressee = maybe<
  {
    canonical: string
  },
  {
    identifierId: string
    userId: string
    value: string
    verified: boolean
    locale: string
  }
>({
  name: 'recovery.mailed-links.findAddressee',
  text: `select i.id as identifier_id, i.user_id, i.value, i.verified_at is not null as "verified!", u.locale
  from identifiers i
  join users u on u.id = i.user_id
 where i.realm_id = 1 and i.kind = 'email' and i.canonical = $1 and u.status = 'active'
   and (i.verified_at is not null
        or not exists (select from identifiers v where v.user_id = i.user_id and v.verified_at is not null))
 order by i.verified_at nulls last, i.created_at, i.id
 limit 1`,
  params: ['canonical'],
  columns: ['identifierId', 'userId', 'value', 'verified', 'locale'],
})

/** The claim of one user to an address, or, without a user, the latest claim that nobody proved; of an account that has proved another address none: that one is somebody else's. */
export const findClaim = maybe<
  {
    canonical: string
    userId: string | null
  },
  {
    identifierId: string
    userId: string
    value: string
    verified: boolean
    locale: string
  }
>({
  name: 'recovery.mailed-links.findClaim',
  text: `select i.id as identifier_id, i.user_id, i.value, i.verified_at is not null as "verified!", u.locale
  from identifiers i
  join users u on u.id = i.user_id
 where i.realm_id = 1 and i.kind = 'email' and i.canonical = $1 and u.status = 'active'
   and ($2::uuid is null or i.user_id = $2)
   and not exists (select from identifiers v where v.realm_id = 1 and v.kind = 'email' and v.canonical = $1
                                               and v.verified_at is not null)
   and primary_email(i.user_id) is null
 order by i.created_at desc, i.id desc
 limit 1`,
  params: ['canonical', 'userId'],
  columns: ['identifierId', 'userId', 'value', 'verified', 'locale'],
})

/** Links that were used, or could have been, a while ago. */
export const deleteOldLinks = exec<{ days: number; limit: number }>({
  name: 'recovery.mailed-links.deleteOldLinks',
  text: `delete from mailed_links
 where id in (select id from mailed_links where expires_at < signet_now() - make_interval(days => $1::integer)
               limit $2::integer for update skip locked)`,
  params: ['days', 'limit'],
  columns: [],
})
