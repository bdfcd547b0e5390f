/**
 * The access token that a request presents, where there is exactly one, in the Authorization header. A token in the
 * address is refused even beside a good one: addresses are logged, kept and passed on.
 *
 * Errors: `no_token`, `bad_presentation`.
 * Specs: RFC 6750 §2 and §2.1, RFC 9700 §4.3.2 (no tokens in the query), RFC 9110 §11.1 (schemes in any case).
 */

import { refused } from './refusal.ts'

export interface PresentedRequest {
  /** Each Authorization header. */
  authorization: readonly string[]
  /** Address or path, with its query. */
  url: string
}

const bearer = /^Bearer +([A-Za-z0-9\-._~+/]+=*)$/i

export function presentedToken({ authorization, url }: PresentedRequest): string {
  const query = url.indexOf('?')
  if (query >= 0 && new URLSearchParams(url.slice(query)).has('access_token')) {
    throw refused('bad_presentation')
  }
  const [header, another] = authorization
  if (another !== undefined) throw refused('bad_presentation')
  if (header === undefined || !/^Bearer(?: |$)/i.test(header)) throw refused('no_token')
  const token = bearer.exec(header)?.[1]
  if (token === undefined) throw refused('bad_presentation')
  return token
}
