// Generated from sign-in.sql by tools/sql. Do not edit.
import { many, type Json } from '../db/query.ts'

/** Who may be meant by each identifier: the user who proved to own it, and those who claim it, oldest first, and last who have proved something else; of a known device its owner alone. Where somebody has proved it, claims are looked at only where that is asked for. At least one row for each, which says whether a guess is let through, so that nobody and somebody cost the same. The keys of their events come along, so that they need not be asked for. The position is read in this statement, with the passwords: a session that rests on them dies of anything revoked later. */
export const listSignInCandidates = many<
  {
    asked: NonNullable<Json>
    claimsBesideOwner: boolean
    limit: number
  },
  {
    place: number
    retryAfter: number | null
    deviceUserId: string | null
    userId: string | null
    hash: string | null
    setAt: Date | null
    wrappedKey: Buffer | null
    wrappingKeyId: string | null
    verified: boolean
    rev: bigint
  }
>({
  name: 'sign-in.listSignInCandidates',
  text: `with asked as materialized (
  select a.place, a.kind, a.canonical, decode(a.account, 'base64') as account, decode(a.address, 'base64') as address,
         decode(a.device_hash, 'base64') as device_hash
    from jsonb_to_recordset($1)
      as a (place integer, kind text, canonical text, account text, address text, device_hash text)
), candidate as materialized (
  select a.place, c.*
    from asked a
   cross join lateral (
      select u.id, p.hash, p.set_at, k.wrapped_key, k.wrapping_key_id, i.created_at, i.id as identifier_id,
             i.verified_at is not null as verified
        from identifiers i
        join users u on u.id = i.user_id
        left join passwords p on p.user_id = u.id
        left join event_keys k on k.owner = u.id::text
       where i.realm_id = 1 and i.kind = a.kind and i.canonical = a.canonical and u.status <> 'deleted'
         and (i.verified_at is not null or $2::boolean
              or not exists (select from identifiers v
                              where v.realm_id = 1 and v.kind = a.kind and v.canonical = a.canonical
                                and v.verified_at is not null))
       order by i.verified_at is null,
                exists (select from identifiers o where o.user_id = i.user_id and o.verified_at is not null),
                i.created_at, i.id
       limit $3::integer
    ) c
), device as materialized (
  select a.place, d.user_id
    from asked a
    left join (select c.place, array_agg(c.id) as users from candidate c group by c.place) m on m.place = a.place
    left join known_device_user(a.device_hash, m.users) as d (user_id) on true
)
select a.place as "place!",
       (select r from guess_retry_after(case when d.user_id is null then array[a.account, a.address]
                                             else array[a.device_hash] end) as r) as "retry_after?",
       d.user_id as "device_user_id?",
       c.id as "user_id?", c.hash as "hash?", c.set_at as "set_at?",
       c.wrapped_key as "wrapped_key?", c.wrapping_key_id as "wrapping_key_id?",
       coalesce(c.verified, false) as "verified!", revocation_position() as "rev!"
  from asked a
  join device d on d.place = a.place
  left join candidate c on c.place = a.place and (d.user_id is null or c.id = d.user_id)
 order by a.place, c.verified desc, c.created_at, c.identifier_id`,
  params: ['asked', 'claimsBesideOwner', 'limit'],
  columns: ['place', 'retryAfter', 'deviceUserId', 'userId', 'hash', 'setAt', 'wrappedKey', 'wrappingKeyId', 'verified', 'rev'],
  json: ['asked'],
})
