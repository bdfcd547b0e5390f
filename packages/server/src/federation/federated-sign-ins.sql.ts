// Generated from federated-sign-ins.sql by tools/sql. Do not edit.
import { exec, maybe } from '../db/query.ts'

export const insertFederatedSignIn = exec<
  {
    stateHash: Buffer
    provider: string
    browserHash: Buffer
    request: string
    uiLocales: string
    link: string
    waiting: string
    stay: string
    reauthenticates: boolean
    lifetimeSeconds: number
  }
>({
  name: 'federation.federated-sign-ins.insertFederatedSignIn',
  text: `insert into federated_sign_ins (state_hash, provider, browser_hash, request, ui_locales, link, waiting, stay, reauthenticates, created_at,
                                expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, signet_now(),
        signet_now() + make_interval(secs => $10::integer))`,
  params: ['stateHash', 'provider', 'browserHash', 'request', 'uiLocales', 'link', 'waiting', 'stay', 'reauthenticates', 'lifetimeSeconds'],
  columns: [],
})

/** Uses a state up: once, in the browser that it came from, at the provider that it went to. What a session may rest on that begins by it is read here. */
export const takeFederatedSignIn = maybe<
  {
    stateHash: Buffer
    browserHash: Buffer
    provider: string
  },
  {
    request: string
    uiLocales: string
    link: string
    waiting: string
    stay: '' | 'yes' | 'no'
    reauthenticates: boolean
    createdAt: Date
    position: bigint
  }
>({
  name: 'federation.federated-sign-ins.takeFederatedSignIn',
  text: `with taken as (
  delete from federated_sign_ins
   where state_hash = $1 and browser_hash = $2 and provider = $3
  returning request, ui_locales, link, waiting, stay, reauthenticates, created_at, expires_at
)
select t.request as "request!", t.ui_locales as "ui_locales!", t.link as "link!", t.waiting as "waiting!", t.stay as "stay!",
       t.reauthenticates as "reauthenticates!", t.created_at as "created_at!", revocation_position() as "position!"
  from taken t
 where t.expires_at > signet_now()`,
  params: ['stateHash', 'browserHash', 'provider'],
  columns: ['request', 'uiLocales', 'link', 'waiting', 'stay', 'reauthenticates', 'createdAt', 'position'],
})

export const insertWaitingIdentity = exec<
  {
    tokenHash: Buffer
    provider: string
    issuer: string
    subject: string
    email: string | null
    name: string
    browserHash: Buffer | null
    userId: string | null
    codeChallenge: Buffer | null
    lifetimeSeconds: number
  }
>({
  name: 'federation.federated-sign-ins.insertWaitingIdentity',
  text: `insert into waiting_identities (token_hash, provider, issuer, subject, email, name, browser_hash, user_id, code_challenge, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9,
        signet_now() + make_interval(secs => $10::integer))`,
  params: ['tokenHash', 'provider', 'issuer', 'subject', 'email', 'name', 'browserHash', 'userId', 'codeChallenge', 'lifetimeSeconds'],
  columns: [],
})

/** What waits in this browser. */
export const findWaitingIdentity = maybe<
  {
    tokenHash: Buffer
    browserHash: Buffer
  },
  {
    provider: string
    email: string | null
    name: string
  }
>({
  name: 'federation.federated-sign-ins.findWaitingIdentity',
  text: `select provider, email, name
  from waiting_identities
 where token_hash = $1 and browser_hash = $2 and expires_at > signet_now()`,
  params: ['tokenHash', 'browserHash'],
  columns: ['provider', 'email', 'name'],
})

/** Takes what waits in this browser: once. */
export const takeWaitingInBrowser = maybe<
  {
    tokenHash: Buffer
    browserHash: Buffer
  },
  {
    provider: string
    issuer: string
    subject: string
    email: string | null
    name: string
  }
>({
  name: 'federation.federated-sign-ins.takeWaitingInBrowser',
  text: `delete from waiting_identities
 where token_hash = $1 and browser_hash = $2 and expires_at > signet_now()
returning provider, issuer, subject, email, name`,
  params: ['tokenHash', 'browserHash'],
  columns: ['provider', 'issuer', 'subject', 'email', 'name'],
})

/** Takes what an app has asked for: once, for the same user, by whoever knows the verifier. */
export const takeWaitingForApp = maybe<
  {
    tokenHash: Buffer
    userId: string
    codeChallenge: Buffer
  },
  {
    provider: string
    issuer: string
    subject: string
    email: string | null
    name: string
  }
>({
  name: 'federation.federated-sign-ins.takeWaitingForApp',
  text: `delete from waiting_identities
 where token_hash = $1 and user_id = $2 and code_challenge = $3 and expires_at > signet_now()
returning provider, issuer, subject, email, name`,
  params: ['tokenHash', 'userId', 'codeChallenge'],
  columns: ['provider', 'issuer', 'subject', 'email', 'name'],
})

/** Sign-ins that nobody came back from a provider with. */
export const deleteOldProviderSignIns = exec<{ limit: number }>({
  name: 'federation.federated-sign-ins.deleteOldProviderSignIns',
  text: `delete from federated_sign_ins
 where state_hash in (select state_hash from federated_sign_ins where expires_at < signet_now() limit $1::integer for update skip locked)`,
  params: ['limit'],
  columns: [],
})

/** Identities that nobody took up. */
export const deleteOldWaitingIdentities = exec<{ limit: number }>({
  name: 'federation.federated-sign-ins.deleteOldWaitingIdentities',
  text: `delete from waiting_identities
 where token_hash in (select token_hash from waiting_identities where expires_at < signet_now() limit $1::integer for update skip locked)`,
  params: ['limit'],
  columns: [],
})
