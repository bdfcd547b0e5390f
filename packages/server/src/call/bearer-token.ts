/**
 * The access token of a call, as the `Authorization` header carries it.
 *
 * Errors: UNAUTHENTICATED for another scheme or a malformed token.
 * Specs: RFC 6750 §2.1; RFC 9110 §11.1 (the scheme's letter case does not matter).
 */

import { ErrorReason } from '@signet/contract'
import { SignetError } from '../errors.ts'

const credentials = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i

/** The token, or undefined where the header is missing or empty. */
export function parseBearerToken(authorization: string | undefined): string | undefined {
  if (authorization === undefined || authorization === '') return undefined
  const token = credentials.exec(authorization.trim())?.[1]
  if (token === undefined)
    throw new SignetError(ErrorReason.UNAUTHENTICATED, { detail: 'not a bearer token' })
  return token
}
