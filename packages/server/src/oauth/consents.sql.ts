// Generated from consents.sql by tools/sql. Do not edit.
import { exec, many, maybe } from '../db/query.ts'

/** What a person allows a client, when they last said so, and whether it covers what is asked for: by the condition of the statement that issues a code, which alone guards against who takes it back meanwhile. */
export const findConsent = maybe<
  {
    scopesToAllow: readonly string[]
    userId: string
    clientId: string
  },
  {
    scopes: string[]
    updatedAt: Date
    covers: boolean
  }
>({
  name: 'oauth.consents.findConsent',
  text: `select scopes, updated_at, scopes @> $1::text[] as "covers!"
  from consents
 where user_id = $2 and client_id = $3`,
  params: ['scopesToAllow', 'userId', 'clientId'],
  columns: ['scopes', 'updatedAt', 'covers'],
})

/** Adds to what a person allows a client. */
export const rememberConsent = exec<
  {
    userId: string
    clientId: string
    scopes: readonly string[]
    now: Date
  }
>({
  name: 'oauth.consents.rememberConsent',
  text: `insert into consents as c (user_id, client_id, scopes, created_at, updated_at)
values ($1, $2, $3, $4, $4)
on conflict (user_id, client_id) do update
   set scopes = array(select distinct scope from unnest(c.scopes || excluded.scopes) as scope order by scope),
       updated_at = excluded.updated_at`,
  params: ['userId', 'clientId', 'scopes', 'now'],
  columns: [],
})

/** What a person is shown of a client before they agree to anything. */
export const findConsentClient = maybe<
  {
    id: string
  },
  {
    id: string
    name: string
    firstParty: boolean
    clientUri: string | null
    policyUri: string | null
    tosUri: string | null
    logoHash: string | null
  }
>({
  name: 'oauth.consents.findConsentClient',
  text: `select id, name, first_party, client_uri, policy_uri, tos_uri, l.hash as logo_hash
  from clients
  left join client_logos l on l.client_id = id and logo_uri is not null
 where id = $1 and status = 'active'`,
  params: ['id'],
  columns: ['id', 'name', 'firstParty', 'clientUri', 'policyUri', 'tosUri', 'logoHash'],
})

/** What a person allows clients, the latest first. */
export const listConsents = many<
  {
    userId: string
    limit: number
  },
  {
    clientId: string
    name: string
    clientUri: string | null
    scopes: string[]
    createdAt: Date
    updatedAt: Date
  }
>({
  name: 'oauth.consents.listConsents',
  text: `select c.client_id, k.name, k.client_uri, c.scopes, c.created_at, c.updated_at
  from consents c
  join clients k on k.id = c.client_id
 where c.user_id = $1
 order by c.updated_at desc, c.client_id
 limit $2::integer`,
  params: ['userId', 'limit'],
  columns: ['clientId', 'name', 'clientUri', 'scopes', 'createdAt', 'updatedAt'],
})

/** Takes a consent back. Whoever issues a code on it at this moment holds the row, and is waited for. */
export const forgetConsent = maybe<{ userId: string; clientId: string }, { clientId: string }>({
  name: 'oauth.consents.forgetConsent',
  text: `delete from consents where user_id = $1 and client_id = $2 returning client_id`,
  params: ['userId', 'clientId'],
  columns: ['clientId'],
})

/** Codes of this person that are on their way to this client. Whoever redeems one at this moment holds the row, and is waited for. */
export const deleteCodesOfClient = exec<{ userId: string; clientId: string }>({
  name: 'oauth.consents.deleteCodesOfClient',
  text: `delete from authorization_codes where user_id = $1 and client_id = $2`,
  params: ['userId', 'clientId'],
  columns: [],
})
