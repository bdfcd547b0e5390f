/**
 * Ties each form to the browser that it was shown to, from before anybody is signed in there: no other site can make a browser
 * send one, not even to sign it in as somebody else.
 *
 * 1. The browser holds a secret in a cookie, which no other site's request carries.
 * 2. A form carries a MAC of it, under a mask that is another one each time, so that its compressed length tells nothing.
 * 3. Where the browser says which site sent the form, that is this one.
 *
 * Specs: OWASP ASVS 5.0 V3.5.1, RFC 9700 §4.7, Fetch Metadata Request Headers §2.3.
 */

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { decodeBase64url } from '../crypto/base64url.ts'
import type { MasterSecret } from '../crypto/master-secret.ts'

const tokenBytes = 16
const secretForm = /^[\w-]{43}$/u

/** The secret of a browser that has none yet. */
export function makeBrowserMark(): string {
  return randomBytes(32).toString('base64url')
}

/** The secret in a cookie, where it has the form of one. */
export function knownBrowserMark(value: string | undefined): string | undefined {
  return value !== undefined && secretForm.test(value) ? value : undefined
}

/** The token of a form that is shown to this browser. */
export function formToken(masterSecret: MasterSecret, mark: string): string {
  const mask = randomBytes(tokenBytes)
  return Buffer.concat([mask, masked(macOf(masterSecret, mark), mask)]).toString('base64url')
}

/** Whether a form was shown to this browser. */
export function isFormToken(masterSecret: MasterSecret, mark: string, token: string): boolean {
  const bytes = decodeBase64url(token)
  if (bytes?.length !== 2 * tokenBytes) return false
  const mac = masked(bytes.subarray(tokenBytes), bytes.subarray(0, tokenBytes))
  return timingSafeEqual(mac, macOf(masterSecret, mark))
}

/** Whether the browser says that another site sent the form. One that says nothing is judged by the token alone. */
export function isFromElsewhere(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  { host, issuer }: { host: string; issuer: string },
): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site !== 'same-origin' && site !== 'none'
  const { origin } = headers
  // Pages that send no referrer send this instead of their origin (Fetch standard §3.2).
  if (typeof origin !== 'string' || origin === 'null') return false
  return origin !== issuer && URL.parse(origin)?.host !== host
}

function macOf(masterSecret: MasterSecret, mark: string): Buffer {
  const key = masterSecret.derive('form tokens')
  return createHmac('sha256', key).update(mark).digest().subarray(0, tokenBytes)
}

function masked(bytes: Buffer, mask: Buffer): Buffer {
  return Buffer.from(bytes.map((byte, at) => byte ^ (mask[at] ?? 0)))
}
