/**
 * The address that was typed last in this browser, so that nobody types it twice on the way through the pages (WCAG 2.2 §3.3.7).
 * It is in a cookie of the browser and in no address, where logs and histories would keep it.
 */

import type { Config } from '../config/config.ts'
import { readCookie, writeCookie } from '../cookie-header.ts'
import type { Visit } from './visit.ts'

const lifetimeSeconds = 3600
const lengthMax = 320

/** An address, and when it was typed, in milliseconds since 1970. */
export interface TypedEmail {
  email: string
  atMs: number
}

/** The `Set-Cookie` header that keeps an address for an hour. */
export function rememberEmail(
  { config, now }: Pick<Visit, 'config' | 'now'>,
  email: string,
): string {
  const text = Buffer.from(email.slice(0, lengthMax)).toString('base64url')
  const value = `${text}.${now.getTime()}`
  return writeCookie(config, 'typed', { value, maxAgeSeconds: lifetimeSeconds })
}

/** The `Set-Cookie` header after which no address is kept. */
export function forgetEmail({ config }: Pick<Visit, 'config'>): string {
  return writeCookie(config, 'typed', { value: '', maxAgeSeconds: 0 })
}

/** The address that was kept; empty where there is none. */
export function rememberedEmail(
  config: Pick<Config, 'issuer'>,
  cookieHeader: string | undefined,
): TypedEmail {
  const [text = '', atMs = ''] = readCookie(config, cookieHeader, 'typed')?.split('.', 2) ?? []
  const email = Buffer.from(text, 'base64url').toString('utf8').slice(0, lengthMax)
  return { email, atMs: Number(atMs) }
}
