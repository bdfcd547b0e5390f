// Generated from end-session.sql by tools/sql. Do not edit.
import { maybe } from '../db/query.ts'

/** What is known of a client that asks for a person to be signed out. */
export const findLeavingClient = maybe<
  {
    id: string
  },
  {
    name: string
    postLogoutRedirectUris: string[]
  }
>({
  name: 'oauth.end-session.findLeavingClient',
  text: `select name, post_logout_redirect_uris from clients where id = $1 and status = 'active'`,
  params: ['id'],
  columns: ['name', 'postLogoutRedirectUris'],
})
