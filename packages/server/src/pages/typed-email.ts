/**
 * The address that was typed last in this browser, so that nobody types it twice on the way through the pages (WCAG 2.2 §3.3.7).
 * It is in a cookie of the browser and in no address, where logs and histories would keep it.
 */

import type { Config } from '../config/config.ts'
import { readCookie, writeCookie } from '../cookie-header.ts'

const lifetimeSeconds = 3600
const lengthMax = 320

type Where = Pick<Config, 'issuer'>

/** The `Set-Cookie` header that keeps an address for an hour. */
export function rememberEmail(config: Where, email: string): string {
  const value = Buffer.from(email.slice(0, lengthMax)).toString('base64url')
  return writeCookie(config, 'typed', { value, maxAgeSeconds: lifetimeSeconds })
}

/** The `Set-Cookie` header after which no address is kept. */
export function forgetEmail(config: Where): string {
  return writeCookie(config, 'typed', { value: '', maxAgeSeconds: 0 })
}

/** The address that was kept; empty where there is none. */
export function rememberedEmail(config: Where, cookieHeader: string | undefined): string {
  const value = readCookie(config, cookieHeader, 'typed') ?? ''
  return Buffer.from(value, 'base64url').toString('utf8').slice(0, lengthMax)
}
