// Generated from authorization-codes.sql by tools/sql. Do not edit.
import { exec, maybe, type Json } from '../db/query.ts'

/** A code for what a person authorized, only where the session that they were recognised by, and everything above it, is still alive, and the client with it; and, for a client that is not ours, only where the person allows it, which nobody takes back meanwhile: the row is held. It rests on the position that is read here. Scopes that need a proved address are left out where the person has none; the client is told what it got (RFC 6749 §3.3). */
export const insertAuthorizationCode = exec<
  {
    userId: string
    clientId: string
    codeHash: Buffer
    redirectUri: string
    scopes: readonly string[]
    scopesNeedingProof: readonly string[]
    audience: readonly string[]
    nonce: string | null
    codeChallenge: Buffer | null
    claims: NonNullable<Json> | null
    lifetimeSeconds: number
    sessionId: string
    scopesToAllow: readonly string[]
  }
>({
  name: 'oauth.authorization-codes.insertAuthorizationCode',
  text: `with allowed as materialized (
  select k.scopes from consents k where k.user_id = $1 and k.client_id = $2 for share
)
insert into authorization_codes (code_hash, client_id, user_id, session_id, redirect_uri, scopes, audience, nonce,
                                 code_challenge, claims, amr, acr, auth_time, rev, created_at, expires_at)
select $3, c.id, u.id, s.id, $4, scopes_allowed(u.id, $5, $6), $7, $8, $9, $10, s.amr, s.acr,
       s.auth_time, revocation_position(), signet_now(), signet_now() + make_interval(secs => $11::integer)
  from sessions s
  join users u on u.id = s.user_id
  join clients own on own.id = s.client_id
  join clients c on c.id = $2
 where s.id = $12 and s.user_id = $1
   and s.ended_at is null and least(s.idle_expires_at, s.expires_at) > signet_now()
   and u.status = 'active' and own.status = 'active' and c.status = 'active'
   and s.rev >= greatest(u.cut, own.cut, global_cut())
   and (c.first_party or coalesce((select a.scopes @> $13::text[] from allowed a), false))`,
  params: ['userId', 'clientId', 'codeHash', 'redirectUri', 'scopes', 'scopesNeedingProof', 'audience', 'nonce', 'codeChallenge', 'claims', 'lifetimeSeconds', 'sessionId', 'scopesToAllow'],
  columns: [],
  json: ['claims'],
})

/** Decides on a code, and uses it where it is good; once, however many present it at a time, because the row is held. The grant is issued in the same transaction. 'reuse' is only told: ending the grant goes with a log entry and an event.  Who cannot prove what the code is bound to (client, redirect URI, code verifier) changes nothing: the code stays good for whoever can. Session, user, client and cuts are read as they were when the statement began; whoever raises a cut meanwhile has a greater position than the code, so the grant is dead. */
export const redeemAuthorizationCode = maybe<
  {
    codeHash: Buffer
    clientId: string
    redirectUri: string | null
    codeChallenge: Buffer | null
  },
  {
    verdict: string
    userId: string
    sessionId: string
    formerGrantId: string | null
    scopes: string[]
    audience: string[]
    nonce: string | null
    claims: Json | null
    amr: string[]
    acr: string
    authTime: Date
    rev: bigint
    refreshes: boolean
    offline: boolean
    sessionExpiresAt: Date
    accessTokenLifetimeSeconds: number | null
    signingAlgorithm: 'ES256' | 'RS256' | 'EdDSA'
    roleNames: string[] | null
    position: bigint
  }
>({
  name: 'oauth.authorization-codes.redeemAuthorizationCode',
  text: `with held as materialized (
  select * from authorization_codes where code_hash = $1 for no key update
), judged as materialized (
  select h.*, signet_now() as moment, c.access_token_lifetime_seconds, c.signing_algorithm,
         'refresh_token' = any (c.grant_types) as refreshes, 'offline_access' = any (h.scopes) as offline,
         least(s.idle_expires_at, s.expires_at) as session_expires_at,
         case
           when h.client_id <> $2                                                         then 'of another client'
           when $3::text is null and h.code_challenge is null                         then 'without redirect_uri'
           when $3 is not null and $3 <> h.redirect_uri                    then 'of another redirect_uri'
           when h.code_challenge is distinct from $4::bytea                         then 'without its code_verifier'
           when h.used_at is not null                                                            then 'reuse'
           when h.expires_at <= signet_now()                                                     then 'expired'
           when u.status <> 'active' or c.status <> 'active'
                or h.rev < greatest(u.cut, c.cut, global_cut())                                  then 'cut off'
           when s.ended_at is not null or least(s.idle_expires_at, s.expires_at) <= signet_now()
                or s.rev < greatest(u.cut, global_cut())                                         then 'of a session that is over'
           else                                                                                       'good'
         end as verdict
    from held h
    join users u on u.id = h.user_id
    join clients c on c.id = h.client_id
    join sessions s on s.id = h.session_id
), used as (
  update authorization_codes c set used_at = j.moment
    from judged j
   where c.code_hash = j.code_hash and j.verdict = 'good' and c.used_at is null
)
select j.verdict as "verdict!", j.user_id as "user_id!", j.session_id as "session_id!", j.grant_id as "former_grant_id?",
       j.scopes as "scopes!", j.audience as "audience!", j.nonce as "nonce?", j.claims as "claims?", j.amr as "amr!", j.acr as "acr!",
       j.auth_time as "auth_time!", j.rev as "rev!", j.refreshes as "refreshes!",
       j.offline as "offline!", j.session_expires_at as "session_expires_at!",
       j.access_token_lifetime_seconds as "access_token_lifetime_seconds?", j.signing_algorithm as "signing_algorithm!",
       case when j.verdict = 'good' then (select r from role_names_of(j.user_id) as r) end as "role_names?",
       revocation_position() as "position!"
  from judged j`,
  params: ['codeHash', 'clientId', 'redirectUri', 'codeChallenge'],
  columns: ['verdict', 'userId', 'sessionId', 'formerGrantId', 'scopes', 'audience', 'nonce', 'claims', 'amr', 'acr', 'authTime', 'rev', 'refreshes', 'offline', 'sessionExpiresAt', 'accessTokenLifetimeSeconds', 'signingAlgorithm', 'roleNames', 'position'],
})

/** What a code was redeemed for, in the transaction that redeems it: it ends where the code is used again. */
export const noteGrantOfCode = exec<{ grantId: string; codeHash: Buffer }>({
  name: 'oauth.authorization-codes.noteGrantOfCode',
  text: `update authorization_codes set grant_id = $1 where code_hash = $2`,
  params: ['grantId', 'codeHash'],
  columns: [],
})

/** Authorization codes that expired so long ago that nobody looks for who used one twice. */
export const deleteOldCodes = exec<{ limit: number }>({
  name: 'oauth.authorization-codes.deleteOldCodes',
  text: `delete from authorization_codes
 where code_hash = any (array(select code_hash from authorization_codes
                               where expires_at < signet_now() - interval '1 day'
                               order by expires_at limit $1::integer for update skip locked))`,
  params: ['limit'],
  columns: [],
})
