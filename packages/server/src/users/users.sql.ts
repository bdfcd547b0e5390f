// Generated from users.sql by tools/sql. Do not edit.
import { exec, many, maybe, one } from '../db/query.ts'

/** Makes those who change the holders of one identifier go one after the other, until their transactions end. */
export const lockIdentifier = exec<{ kind: string; canonical: string }>({
  name: 'users.lockIdentifier',
  text: `select pg_advisory_xact_lock(hashtextextended('signet identifier ' || $1 || ' ' || $2, 0))`,
  params: ['kind', 'canonical'],
  columns: [],
})

/** Who holds the identifier by proof, and how many claim it without who have proved nothing else: whoever has is somebody else, and keeps nobody out. */
export const findHolders = one<
  {
    kind: string
    canonical: string
  },
  {
    ownerId: string | null
    claims: number
  }
>({
  name: 'users.findHolders',
  text: `select (select user_id from identifiers
         where realm_id = 1 and kind = $1 and canonical = $2 and verified_at is not null) as "owner_id?",
       (select count(*)::integer from identifiers i
         where i.realm_id = 1 and i.kind = $1 and i.canonical = $2 and i.verified_at is null
           and not exists (select from identifiers o where o.user_id = i.user_id and o.verified_at is not null)) as "claims!"`,
  params: ['kind', 'canonical'],
  columns: ['ownerId', 'claims'],
})

/** The users who have the identifier, by proof or by claim, in the order in which they came. */
export const listHolders = many<
  {
    kind: string
    canonical: string
  },
  {
    userId: string
    verified: boolean
  }
>({
  name: 'users.listHolders',
  text: `select i.user_id, i.verified_at is not null as "verified!"
  from identifiers i
  join users u on u.id = i.user_id
 where i.realm_id = 1 and i.kind = $1 and i.canonical = $2 and u.status <> 'deleted'
 order by i.user_id`,
  params: ['kind', 'canonical'],
  columns: ['userId', 'verified'],
})

/** A user with one identifier and a password, in one statement. */
export const insertUserWithPassword = exec<
  {
    id: string
    displayName: string
    locale: string
    createdAt: Date
    identifierId: string
    kind: string
    value: string
    canonical: string
    verifiedAt: Date | null
    claimDays: number | null
    passwordHash: string
  }
>({
  name: 'users.insertUserWithPassword',
  text: `with opened as (
  insert into users (id, display_name, locale, created_at, updated_at)
  values ($1, $2, $3, $4, $4)
), identified as (
  insert into identifiers (id, user_id, kind, value, canonical, verified_at, created_at, claim_expires_at)
  values ($5, $1, $6, $7, $8, $9, $4,
          signet_now() + make_interval(days => $10::integer))
)
insert into passwords (user_id, hash, set_at) values ($1, $11, $4)`,
  params: ['id', 'displayName', 'locale', 'createdAt', 'identifierId', 'kind', 'value', 'canonical', 'verifiedAt', 'claimDays', 'passwordHash'],
  columns: [],
})

/** A user who proves who they are elsewhere, with one identifier or none. */
export const insertUserWithoutPassword = exec<
  {
    id: string
    displayName: string
    locale: string
    createdAt: Date
    identifierId: string | null
    value: string | null
    canonical: string | null
    verifiedAt: Date | null
    claimDays: number | null
  }
>({
  name: 'users.insertUserWithoutPassword',
  text: `with opened as (
  insert into users (id, display_name, locale, created_at, updated_at)
  values ($1, $2, $3, $4, $4)
)
insert into identifiers (id, user_id, kind, value, canonical, verified_at, created_at, claim_expires_at)
select $5::uuid, $1, 'email', $6, $7, $8, $4,
       signet_now() + make_interval(days => $9::integer)
 where $5::uuid is not null`,
  params: ['id', 'displayName', 'locale', 'createdAt', 'identifierId', 'value', 'canonical', 'verifiedAt', 'claimDays'],
  columns: [],
})

/** Whether an account is open, and whether its roles let it do more than any user. */
export const findAccountState = maybe<
  {
    id: string
  },
  {
    status: 'active' | 'suspended' | 'deleted'
    privileged: boolean
  }
>({
  name: 'users.findAccountState',
  text: `select status, (select p from permissions_of(id) as p) <> '{}' as "privileged!" from users where id = $1`,
  params: ['id'],
  columns: ['status', 'privileged'],
})

/** Who claims an address that they have not proved, whether their account is open, and whether they have proved any other identifier. */
export const listClaimants = many<
  {
    canonical: string
  },
  {
    userId: string
    active: boolean
    identifierId: string
    proved: boolean
  }
>({
  name: 'users.listClaimants',
  text: `select i.user_id, u.status = 'active' as "active!", i.id as "identifier_id!",
       exists (select from identifiers o where o.user_id = i.user_id and o.verified_at is not null) as "proved!"
  from identifiers i
  join users u on u.id = i.user_id
 where i.realm_id = 1 and i.kind = 'email' and i.canonical = $1 and i.verified_at is null and u.status <> 'deleted'
 order by i.user_id`,
  params: ['canonical'],
  columns: ['userId', 'active', 'identifierId', 'proved'],
})

/** Notes that its user has proved an identifier. Needs the lock on it, and that nobody else has proved it. */
export const proveIdentifier = exec<{ now: Date; id: string }>({
  name: 'users.proveIdentifier',
  text: `update identifiers set verified_at = $1 where id = $2 and verified_at is null`,
  params: ['now', 'id'],
  columns: [],
})

/** A user who was not deleted, with the names of the roles held. */
export const findUser = maybe<
  {
    id: string
  },
  {
    id: string
    status: 'active' | 'suspended' | 'deleted'
    displayName: string
    locale: string
    createdAt: Date
    roleNames: string[]
  }
>({
  name: 'users.findUser',
  text: `select id, status, display_name, locale, created_at, (select r from role_names_of(id) as r) as "role_names!"
  from users
 where id = $1 and status <> 'deleted'`,
  params: ['id'],
  columns: ['id', 'status', 'displayName', 'locale', 'createdAt', 'roleNames'],
})

/** What a user signs in with, oldest first. */
export const listIdentifiers = many<
  {
    userId: string
  },
  {
    kind: 'email' | 'phone' | 'username'
    value: string
    verified: boolean
    primary: boolean
  }
>({
  name: 'users.listIdentifiers',
  text: `select kind, value, verified_at is not null as "verified!", coalesce(id = primary_email(user_id), false) as "primary!"
  from identifiers
 where user_id = $1
 order by created_at, id`,
  params: ['userId'],
  columns: ['kind', 'value', 'verified', 'primary'],
})

/** Users in the order in which they came, after the one that is named. */
export const listUsers = many<
  {
    status: string | null
    after: string | null
    limit: number
  },
  {
    id: string
    status: 'active' | 'suspended' | 'deleted'
    displayName: string
    createdAt: Date
    roleNames: string[]
    identifiers: string[]
    unverified: string[]
  }
>({
  name: 'users.listUsers',
  text: `select u.id, u.status, u.display_name, u.created_at, (select r from role_names_of(u.id) as r) as "role_names!",
       array(select i.value from identifiers i where i.user_id = u.id order by i.created_at, i.id) as "identifiers!",
       array(select i.value from identifiers i where i.user_id = u.id and i.verified_at is null
              order by i.created_at, i.id) as "unverified!"
  from users u
 where u.status <> 'deleted'
   and ($1::text is null or u.status = $1)
   and ($2::uuid is null or u.id > $2)
 order by u.id
 limit $3::integer`,
  params: ['status', 'after', 'limit'],
  columns: ['id', 'status', 'displayName', 'createdAt', 'roleNames', 'identifiers', 'unverified'],
})

/** Users with an identifier from `from` up to `until`, compared byte by byte as the index has them. */
export const searchUsers = many<
  {
    status: string | null
    after: string | null
    from: string
    until: string
    limit: number
  },
  {
    id: string
    status: 'active' | 'suspended' | 'deleted'
    displayName: string
    createdAt: Date
    roleNames: string[]
    identifiers: string[]
    unverified: string[]
  }
>({
  name: 'users.searchUsers',
  text: `select u.id, u.status, u.display_name, u.created_at, (select r from role_names_of(u.id) as r) as "role_names!",
       array(select i.value from identifiers i where i.user_id = u.id order by i.created_at, i.id) as "identifiers!",
       array(select i.value from identifiers i where i.user_id = u.id and i.verified_at is null
              order by i.created_at, i.id) as "unverified!"
  from users u
 where u.status <> 'deleted'
   and ($1::text is null or u.status = $1)
   and ($2::uuid is null or u.id > $2)
   and u.id in (select i.user_id from identifiers i where i.canonical ~>=~ $3 and i.canonical ~<~ $4)
 order by u.id
 limit $5::integer`,
  params: ['status', 'after', 'from', 'until', 'limit'],
  columns: ['id', 'status', 'displayName', 'createdAt', 'roleNames', 'identifiers', 'unverified'],
})

/** Makes those who change who is an active administrator go one after the other, until their transactions end. */
export const lockAdministrators = one<void, { id: string }>({
  name: 'users.lockAdministrators',
  text: `select id from roles where realm_id = 1 and name = 'administrator' for no key update`,
  params: [],
  columns: ['id'],
})

/** Suspends an active user and cuts off every session there is, unless no active administrator would be left. Needs the lock on administrators. */
export const suspendUser = maybe<{ now: Date; id: string }, { entryId: bigint }>({
  name: 'users.suspendUser',
  text: `update users u
   set status = 'suspended', updated_at = $1
 where u.id = $2 and u.status = 'active'
   and (not is_administrator(u.id)
        or exists (select from users o where o.id <> u.id and o.status = 'active' and is_administrator(o.id)))
returning log_revocation('sub', u.id::text, 'suspended') as "entry_id!"`,
  params: ['now', 'id'],
  columns: ['entryId'],
})

/** Opens the account again. The cut stays: nothing that was ended comes back. */
export const unsuspendUser = exec<{ now: Date; id: string }>({
  name: 'users.unsuspendUser',
  text: `update users set status = 'active', updated_at = $1 where id = $2 and status = 'suspended'`,
  params: ['now', 'id'],
  columns: [],
})

/** Accounts that could not be entered before their address was proved, and that nobody has proved in time. */
export const deleteUnprovenAccounts = exec<{ limit: number }>({
  name: 'users.deleteUnprovenAccounts',
  text: `delete from users
 where id in (select u.id from users u
               where u.id in (select i.user_id from identifiers i
                               where i.verified_at is null and i.claim_expires_at <= signet_now()
                               order by i.claim_expires_at limit $1::integer)
                 and not exists (select from identifiers i where i.user_id = u.id and i.verified_at is not null)
                 for update skip locked)`,
  params: ['limit'],
  columns: [],
})

/** Whether a user has proved an identifier. Of a user that there is not, it is no. */
export const hasProved = one<
  {
    userId: string
    kind: string
    canonical: string
  },
  {
    proved: boolean
  }
>({
  name: 'users.hasProved',
  text: `select exists (select from identifiers
                where user_id = $1 and kind = $2 and canonical = $3 and verified_at is not null) as "proved!"`,
  params: ['userId', 'kind', 'canonical'],
  columns: ['proved'],
})

/** What a user had before one of their addresses was proved, which the account had merely claimed until then; or all else. Needs the lock on the user. */
export const deleteIdentifiersBesides = many<
  {
    userId: string
    identifierId: string
    all: boolean
  },
  {
    kind: 'email' | 'phone' | 'username'
    value: string
    verified: boolean
  }
>({
  name: 'users.deleteIdentifiersBesides',
  text: `delete from identifiers i
 using identifiers a
 where i.user_id = $1 and a.id = $2 and a.user_id = i.user_id and i.id <> a.id
   and ($3::boolean or (a.verified_at <> a.created_at and coalesce(i.verified_at, i.created_at) <= a.verified_at))
returning i.kind, i.value, i.verified_at is not null as "verified!"`,
  params: ['userId', 'identifierId', 'all'],
  columns: ['kind', 'value', 'verified'],
})
