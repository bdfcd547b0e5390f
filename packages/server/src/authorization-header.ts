/**
 * The `Authorization` header of a call, read and not yet believed: a user's access token, or the id and secret of a
 * client.
 *
 * Errors: UNAUTHENTICATED for another scheme and for credentials that are malformed.
 * Specs: RFC 6750 §2.1 (Bearer); RFC 7617 §2 and RFC 6749 §2.3.1 (Basic, both parts form-urlencoded before they are
 * joined); RFC 9110 §11.1 (the scheme's letter case does not matter).
 */

import { isUtf8 } from 'node:buffer'
import { ErrorReason } from '@signet/contract'
import { SignetError } from './errors.ts'

export type Credentials = BearerCredentials | ClientCredentials

export interface BearerCredentials {
  scheme: 'bearer'
  token: string
}

/** What a client proves who it is with. */
export interface ClientCredentials {
  scheme: 'basic'
  clientId: string
  clientSecret: string
}

/** Asks for id and secret. Without a realm of its own it would be another one for each path (RFC 7617 §2). */
export const basicChallenge = 'Basic realm="signet", charset="UTF-8"'

const bearer = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i
const basic = /^basic +([A-Za-z0-9+/]+)={0,2}$/i
const basicScheme = /^basic(?: |$)/i

/** The credentials, or undefined where the header is missing or empty. */
export function parseAuthorization(authorization: string | undefined): Credentials | undefined {
  if (authorization === undefined || authorization === '') return undefined
  const text = authorization.trim()
  const token = bearer.exec(text)?.[1]
  if (token !== undefined) return { scheme: 'bearer', token }
  if (!basicScheme.test(text)) throw malformed('neither Bearer nor Basic')
  const credentials = parseBasic(text)
  if (credentials === undefined) throw malformed('malformed Basic credentials', 'basic')
  return credentials
}

function parseBasic(text: string): ClientCredentials | undefined {
  const encoded = basic.exec(text)?.[1]
  if (encoded === undefined) return undefined
  const bytes = Buffer.from(encoded, 'base64')
  // Stray bits and lengths that no encoder makes.
  if (!isUtf8(bytes) || bytes.toString('base64').replace(/=+$/, '') !== encoded) return undefined
  const joined = bytes.toString('utf8')
  const colon = joined.indexOf(':')
  if (colon === -1) return undefined
  const clientId = decodeFormValue(joined.slice(0, colon))
  const clientSecret = decodeFormValue(joined.slice(colon + 1))
  return clientId && clientSecret ? { scheme: 'basic', clientId, clientSecret } : undefined
}

/** One value of application/x-www-form-urlencoded; undefined where it is none. */
function decodeFormValue(text: string): string | undefined {
  if (!/[%+]/.test(text)) return text
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}

function malformed(detail: string, challenge?: 'basic'): SignetError {
  return new SignetError(ErrorReason.UNAUTHENTICATED, { detail, ...(challenge && { challenge }) })
}
