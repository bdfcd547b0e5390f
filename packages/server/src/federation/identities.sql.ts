// Generated from identities.sql by tools/sql. Do not edit.
import { exec, many, maybe, one } from '../db/query.ts'

/** Makes those who ask whose an identity is go one after the other, until their transactions end. */
export const lockIdentity = exec<{ provider: string; issuer: string; subject: string }>({
  name: 'federation.identities.lockIdentity',
  text: `select pg_advisory_xact_lock(hashtextextended('signet identity ' || $1 || ' ' || $2 || ' ' || $3, 0))`,
  params: ['provider', 'issuer', 'subject'],
  columns: [],
})

/** Whose an identity is. An address that only they claim is answered where they have proved none. */
export const findIdentity = maybe<
  {
    provider: string
    issuer: string
    subject: string
  },
  {
    id: string
    userId: string
    status: 'active' | 'suspended' | 'deleted'
    hasProvedEmail: boolean
    claimed: string | null
  }
>({
  name: 'federation.identities.findIdentity',
  text: `select i.id, i.user_id, u.status,
       primary_email(i.user_id) is not null as "has_proved_email!",
       (select c.canonical from identifiers c
         where c.user_id = i.user_id and c.kind = 'email' and c.verified_at is null
         order by c.created_at, c.id limit 1) as "claimed?"
  from federated_identities i
  join users u on u.id = i.user_id
 where i.realm_id = 1 and i.provider = $1 and i.issuer = $2 and i.subject = $3`,
  params: ['provider', 'issuer', 'subject'],
  columns: ['id', 'userId', 'status', 'hasProvedEmail', 'claimed'],
})

/** Whether an account claims an address and has proved none. */
export const isMereClaim = one<{ userId: string }, { claims: boolean }>({
  name: 'federation.identities.isMereClaim',
  text: `select primary_email($1::uuid) is null
       and exists (select from identifiers where user_id = $1 and kind = 'email') as "claims!"`,
  params: ['userId'],
  columns: ['claims'],
})

/** Keeps what the provider says last. */
export const touchIdentity = exec<{ email: string | null; name: string; now: Date; id: string }>({
  name: 'federation.identities.touchIdentity',
  text: `update federated_identities
   set email = $1, name = $2, last_used_at = greatest(last_used_at, $3)
 where id = $4`,
  params: ['email', 'name', 'now', 'id'],
  columns: [],
})

/** Gives an identity to a user. Needs the lock on it, and that nobody has it. */
export const insertIdentity = exec<
  {
    id: string
    userId: string
    provider: string
    issuer: string
    subject: string
    email: string | null
    name: string
    vouched: boolean
    now: Date
  }
>({
  name: 'federation.identities.insertIdentity',
  text: `insert into federated_identities (id, user_id, provider, issuer, subject, email, name, vouched, created_at, last_used_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)`,
  params: ['id', 'userId', 'provider', 'issuer', 'subject', 'email', 'name', 'vouched', 'now'],
  columns: [],
})

/** How many identities a user has. */
export const countIdentities = one<{ userId: string }, { count: number }>({
  name: 'federation.identities.countIdentities',
  text: `select count(*)::integer as "count!" from federated_identities where user_id = $1`,
  params: ['userId'],
  columns: ['count'],
})

/** The identities of a user, oldest first. */
export const listIdentities = many<
  {
    userId: string
  },
  {
    id: string
    provider: string
    issuer: string
    subject: string
    email: string | null
    name: string
    createdAt: Date
    lastUsedAt: Date
  }
>({
  name: 'federation.identities.listIdentities',
  text: `select id, provider, issuer, subject, email, name, created_at, last_used_at
  from federated_identities
 where user_id = $1
 order by created_at, id`,
  params: ['userId'],
  columns: ['id', 'provider', 'issuer', 'subject', 'email', 'name', 'createdAt', 'lastUsedAt'],
})

/** Takes an identity away, unless it is the last way in. Needs the lock on the user. */
export const deleteIdentity = maybe<
  {
    id: string
    userId: string
    configuredProviders: readonly string[]
  },
  {
    provider: string
    issuer: string
  }
>({
  name: 'federation.identities.deleteIdentity',
  text: `delete from federated_identities i
 where i.id = $1 and i.user_id = $2 and has_other_way_in(i.user_id, i.id, $3::text[])
returning i.provider, i.issuer`,
  params: ['id', 'userId', 'configuredProviders'],
  columns: ['provider', 'issuer'],
})

/** Takes the identities of a user away that came since, also or not those that the account was opened with. Needs the lock on the user. */
export const deleteIdentities = many<
  {
    userId: string
    since: Date
    ofOpening: boolean
  },
  {
    provider: string
    email: string | null
  }
>({
  name: 'federation.identities.deleteIdentities',
  text: `delete from federated_identities i
 using users u
 where u.id = i.user_id and i.user_id = $1 and i.created_at >= $2 and ($3::boolean or i.created_at > u.created_at)
returning i.provider, i.email`,
  params: ['userId', 'since', 'ofOpening'],
  columns: ['provider', 'email'],
})

/** Takes identities of a user away that were there before an address was proved: those that nobody has answered for, and, where the account had merely claimed the address until then, all that did not come with the proof. Needs the lock on the user. */
export const deleteEarlierIdentities = many<
  {
    userId: string
    identifierId: string
  },
  {
    provider: string
    email: string | null
  }
>({
  name: 'federation.identities.deleteEarlierIdentities',
  text: `delete from federated_identities i
 using identifiers a
 where i.user_id = $1 and a.id = $2 and a.user_id = i.user_id
   and ((not i.vouched and i.created_at <= a.verified_at)
        or (a.verified_at <> a.created_at and i.created_at < a.verified_at))
returning i.provider, i.email`,
  params: ['userId', 'identifierId'],
  columns: ['provider', 'email'],
})

/** Notes on whose word a session rests; where it went on, on whose word it rests now. */
export const insertFederatedSession = exec<
  {
    sessionId: string
    provider: string
    issuer: string
    subject: string
    sid: string | null
    amr: readonly string[]
    acr: string | null
  }
>({
  name: 'federation.identities.insertFederatedSession',
  text: `insert into federated_sessions (session_id, provider, issuer, subject, sid, amr, acr)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (session_id) do update
   set provider = excluded.provider, issuer = excluded.issuer, subject = excluded.subject, sid = excluded.sid,
       amr = excluded.amr, acr = excluded.acr`,
  params: ['sessionId', 'provider', 'issuer', 'subject', 'sid', 'amr', 'acr'],
  columns: [],
})

/** Live sessions that rest on a session, or on any of a person, at a provider. */
export const listFederatedSessions = many<
  {
    provider: string
    issuer: string
    subject: string | null
    sid: string | null
  },
  {
    sessionId: string
    userId: string
  }
>({
  name: 'federation.identities.listFederatedSessions',
  text: `select f.session_id as "session_id!", s.user_id as "user_id!"
  from federated_sessions f
  join sessions s on s.id = f.session_id
 where f.provider = $1 and f.issuer = $2
   and ($3::text is null or f.subject = $3) and ($4::text is null or f.sid = $4)
   and s.ended_at is null
 order by f.session_id`,
  params: ['provider', 'issuer', 'subject', 'sid'],
  columns: ['sessionId', 'userId'],
})

export const isLogoutTokenTaken = one<{ provider: string; jtiHash: Buffer }, { taken: boolean }>({
  name: 'federation.identities.isLogoutTokenTaken',
  text: `select exists (select from upstream_logouts where provider = $1 and jti_hash = $2) as "taken!"`,
  params: ['provider', 'jtiHash'],
  columns: ['taken'],
})

/** Notes that a logout token was taken. */
export const noteLogoutToken = exec<{ provider: string; jtiHash: Buffer; expiresAt: Date }>({
  name: 'federation.identities.noteLogoutToken',
  text: `insert into upstream_logouts (provider, jti_hash, expires_at) values ($1, $2, $3)
on conflict do nothing`,
  params: ['provider', 'jtiHash', 'expiresAt'],
  columns: [],
})

/** Logout tokens that have expired, and so count for nothing. */
export const deleteTakenLogoutTokens = exec<{ limit: number }>({
  name: 'federation.identities.deleteTakenLogoutTokens',
  text: `delete from upstream_logouts
 where (provider, jti_hash) in (select provider, jti_hash from upstream_logouts where expires_at < signet_now() limit $1::integer for update skip locked)`,
  params: ['limit'],
  columns: [],
})
