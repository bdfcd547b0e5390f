// Generated from consents.sql by tools/sql. Do not edit.
import { exec, maybe } from '../db/query.ts'

/** What a person allows a client, and when they last said so. */
export const findConsent = maybe<
  {
    userId: string
    clientId: string
  },
  {
    scopes: string[]
    updatedAt: Date
  }
>({
  name: 'oauth.consents.findConsent',
  text: `select scopes, updated_at from consents where user_id = $1 and client_id = $2`,
  params: ['userId', 'clientId'],
  columns: ['scopes', 'updatedAt'],
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
    logoUri: string | null
    policyUri: string | null
    tosUri: string | null
  }
>({
  name: 'oauth.consents.findConsentClient',
  text: `select id, name, first_party, client_uri, logo_uri, policy_uri, tos_uri from clients where id = $1 and status = 'active'`,
  params: ['id'],
  columns: ['id', 'name', 'firstParty', 'clientUri', 'logoUri', 'policyUri', 'tosUri'],
})
