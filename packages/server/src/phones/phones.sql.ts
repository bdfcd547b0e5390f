// Generated from phones.sql by tools/sql. Do not edit.
import { exec, many, maybe, one } from '../db/query.ts'

/** How many numbers a user has, and whether this is one of them. */
export const countPhones = one<
  {
    canonical: string
    userId: string
  },
  {
    count: number
    has: boolean
  }
>({
  name: 'phones.countPhones',
  text: `select count(*)::integer as "count!", coalesce(bool_or(canonical = $1), false) as "has!"
  from identifiers where user_id = $2 and kind = 'phone' and verified_at is not null`,
  params: ['canonical', 'userId'],
  columns: ['count', 'has'],
})

export const findLocale = maybe<{ userId: string }, { locale: string }>({
  name: 'phones.findLocale',
  text: `select locale from users where id = $1 and status = 'active'`,
  params: ['userId'],
  columns: ['locale'],
})

/** A code. It rests on its user as read here; what is revoked later kills it. */
export const insertCode = exec<
  {
    id: string
    purpose: string
    userId: string | null
    canonical: string
    lifetimeSeconds: number
  }
>({
  name: 'phones.insertCode',
  text: `insert into phone_codes (id, purpose, user_id, canonical, rev, created_at, expires_at)
values ($1, $2, $3, $4, revocation_position(), signet_now(),
        signet_now() + make_interval(secs => $5::integer))
on conflict (id) do nothing`,
  params: ['id', 'purpose', 'userId', 'canonical', 'lifetimeSeconds'],
  columns: [],
})

/** Who has proved a number. */
export const findOwner = maybe<{ canonical: string }, { userId: string; locale: string }>({
  name: 'phones.findOwner',
  text: `select i.user_id, u.locale
  from identifiers i
  join users u on u.id = i.user_id
 where i.realm_id = 1 and i.kind = 'phone' and i.canonical = $1 and i.verified_at is not null and u.status = 'active'`,
  params: ['canonical'],
  columns: ['userId', 'locale'],
})

/** Whether a guess at a number is let through, and whose known device it comes from. */
export const readGuessState = one<
  {
    account: Buffer
    address: Buffer
    deviceHash: Buffer | null
    canonical: string
  },
  {
    retryAfter: number | null
    deviceUserId: string | null
  }
>({
  name: 'phones.readGuessState',
  text: `select (select r from guess_retry_after(case when d.user_id is null then array[$1::bytea, $2::bytea]
                                        else array[$3::bytea] end) as r) as "retry_after?",
       d.user_id as "device_user_id?"
  from (select array_agg(i.user_id) as owners
          from identifiers i
         where i.realm_id = 1 and i.kind = 'phone' and i.canonical = $4 and i.verified_at is not null) o
  left join known_device_user($3, o.owners) as d (user_id) on true`,
  params: ['account', 'address', 'deviceHash', 'canonical'],
  columns: ['retryAfter', 'deviceUserId'],
})

/** What a code stands for. This counts as a try, of a code of nobody too. */
export const tryCode = maybe<
  {
    id: string
    purpose: string
    triesMax: number
    canonical: string | null
    userId: string | null
  },
  {
    userId: string | null
    canonical: string
    rev: bigint
    good: boolean
  }
>({
  name: 'phones.tryCode',
  text: `with tried as (
  update phone_codes c
     set code_tries = c.code_tries + 1
   where c.id = $1::uuid and c.purpose = $2 and c.used_at is null and c.code_tries < $3::integer
     and ($4::text is null or c.canonical = $4)
     and ($5::uuid is null or c.user_id = $5)
  returning c.user_id, c.canonical, c.rev, c.expires_at, c.purpose
)
select t.user_id, t.canonical, t.rev,
       coalesce(t.expires_at > signet_now() and u.status = 'active' and t.rev >= greatest(u.cut, global_cut())
                and (t.purpose = 'add_phone'
                     or exists (select from identifiers i
                                 where i.user_id = t.user_id and i.kind = 'phone' and i.canonical = t.canonical
                                   and i.verified_at is not null)), false) as "good!"
  from tried t
  left join users u on u.id = t.user_id`,
  params: ['id', 'purpose', 'triesMax', 'canonical', 'userId'],
  columns: ['userId', 'canonical', 'rev', 'good'],
})

/** Uses a code up. The single use is this condition. */
export const consumeCode = maybe<{ id: string }, { userId: string | null }>({
  name: 'phones.consumeCode',
  text: `update phone_codes c
   set used_at = signet_now()
  from users u
 where c.id = $1 and c.used_at is null and c.expires_at > signet_now()
   and u.id = c.user_id and u.status = 'active' and c.rev >= greatest(u.cut, global_cut())
returning c.user_id`,
  params: ['id'],
  columns: ['userId'],
})

/** Takes a number from whoever else has it, with what was sent there to sign in with. Needs the lock on the number. */
export const takeFromOthers = many<{ canonical: string; userId: string }, { userId: string }>({
  name: 'phones.takeFromOthers',
  text: `with taken as (
  delete from identifiers
   where realm_id = 1 and kind = 'phone' and canonical = $1 and user_id <> $2::uuid
  returning user_id
), void as (
  update phone_codes c set used_at = signet_now()
    from taken t where c.user_id = t.user_id and c.canonical = $1 and c.used_at is null
)
select user_id from taken`,
  params: ['canonical', 'userId'],
  columns: ['userId'],
})

/** A number that was proved just now. Needs the lock on the number, and that nobody else has it. */
export const insertPhone = exec<{ id: string; userId: string; canonical: string; now: Date }>({
  name: 'phones.insertPhone',
  text: `insert into identifiers (id, user_id, kind, value, canonical, verified_at, created_at)
values ($1, $2, 'phone', $3, $3, $4, $4)
on conflict (user_id, kind, canonical) do update set verified_at = coalesce(identifiers.verified_at, excluded.verified_at)`,
  params: ['id', 'userId', 'canonical', 'now'],
  columns: [],
})

/** Makes those who change the holders of one number go one after the other, until their transactions end. */
export const lockNumber = exec<{ canonical: string }>({
  name: 'phones.lockNumber',
  text: `select pg_advisory_xact_lock(hashtextextended('signet identifier phone ' || $1, 0))`,
  params: ['canonical'],
  columns: [],
})

/** Takes a number away, with what was sent there to sign in with, unless it is the last way in. Needs the lock on the user. */
export const removePhone = maybe<
  {
    userId: string
    canonical: string
    configuredProviders: readonly string[]
  },
  {
    canonical: string
  }
>({
  name: 'phones.removePhone',
  text: `with removed as (
  delete from identifiers i
   where i.user_id = $1 and i.kind = 'phone' and i.canonical = $2 and has_other_way_in(i.user_id, i.id, $3::text[])
  returning i.canonical
), void as (
  update phone_codes c set used_at = signet_now()
    from removed r where c.user_id = $1 and c.canonical = r.canonical and c.used_at is null
)
select canonical from removed`,
  params: ['userId', 'canonical', 'configuredProviders'],
  columns: ['canonical'],
})

/** Codes that could have been used a while ago. */
export const deleteOldCodes = exec<{ limit: number }>({
  name: 'phones.deleteOldCodes',
  text: `delete from phone_codes
 where id in (select id from phone_codes where expires_at < signet_now() - interval '1 day'
               limit $1::integer for update skip locked)`,
  params: ['limit'],
  columns: [],
})
