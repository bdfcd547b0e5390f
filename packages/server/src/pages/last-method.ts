/**
 * By which way somebody came in last in this browser, so that they find it again. The cookie names the way, and neither a person nor an
 * account: who looks into a browser learns that a password was used in it.
 */

import { readCookie, writeCookie } from '../cookie-header.ts'
import { type HtmlValue, html } from '../html/html.ts'
import type { Visit } from './visit.ts'

/** A way in; a provider by its id. */
export type Method = 'password' | 'email' | 'phone' | `provider.${string}`

/** As long as browsers keep any cookie (RFC 6265bis §5.6.1). */
const lifetimeSeconds = 400 * 24 * 60 * 60

/** The `Set-Cookie` header that keeps it. */
export function rememberMethod({ config }: Pick<Visit, 'config'>, method: Method): string {
  return writeCookie(config, 'method', { value: method, maxAgeSeconds: lifetimeSeconds })
}

/** Whether it was this way. */
export function isLastMethod({ config, cookieHeader }: Visit, method: Method): boolean {
  return readCookie(config, cookieHeader, 'method') === method
}

/** The mark of the way that it was, and nothing beside any other one. */
export function lastUsedMark(visit: Visit, method: Method): HtmlValue {
  if (!isLastMethod(visit, method)) return undefined
  return html` <small class="tag" id="last-used">${visit.words.text('last_used')}</small>`
}
