/**
 * Cookies of the service's own pages, read from the `Cookie` header and written as `Set-Cookie`.
 *
 * Where people reach Signet by https every name begins with `__Host-`: only this very host can have set such a cookie, over
 * an encrypted connection. Over plain http, which only development allows, browsers would refuse that, so the name is plain
 * there, and so is the cookie.
 *
 * Specs: RFC 6265bis §4.1.2 and §4.1.3.2 (`__Host-`), OWASP ASVS 5.0 V3.3.
 */

import type { Config } from './config/config.ts'

/** Which of our cookies. */
export type CookieName =
  | 'session'
  | 'temporary'
  | 'browser'
  | 'device'
  | 'typed'
  | 'mailed'
  | 'texted'
  | 'method'
  | 'claim'
  | 'again'

export interface SetCookie {
  value: string
  /** Left out: until the browser is closed; 0: at once. */
  maxAgeSeconds?: number
}

type Where = Pick<Config, 'issuer'>

/** Whether cookies can be told to travel encrypted alone. */
export function cookiesAreSecure({ issuer }: Where): boolean {
  return issuer.startsWith('https:')
}

/** What came under this name; the first, where several did. */
export function readCookie(
  config: Where,
  header: string | undefined,
  name: CookieName,
): string | undefined {
  const wanted = fullName(config, name)
  for (const pair of (header ?? '').split(';')) {
    const end = pair.indexOf('=')
    if (end > 0 && pair.slice(0, end).trim() === wanted) return pair.slice(end + 1).trim()
  }
  return undefined
}

/** A `Set-Cookie` header. No script reads the cookie, and no other site's request carries it but one that opens a page. */
export function writeCookie(
  config: Where,
  name: CookieName,
  { value, maxAgeSeconds }: SetCookie,
): string {
  if (!/^[\w.~-]*$/u.test(value)) throw new Error('this cannot be the value of a cookie')
  const age = maxAgeSeconds === undefined ? '' : `; Max-Age=${maxAgeSeconds}`
  const secure = cookiesAreSecure(config) ? '; Secure' : ''
  return `${fullName(config, name)}=${value}; Path=/${age}; HttpOnly; SameSite=Lax${secure}`
}

function fullName(config: Where, name: CookieName): string {
  return cookiesAreSecure(config) ? `__Host-signet-${name}` : `signet-${name}`
}
