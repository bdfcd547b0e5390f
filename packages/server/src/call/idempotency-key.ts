/**
 * The `Idempotency-Key` header, on every wire: gRPC calls it metadata.
 *
 * It is a string in quotes; one without is taken too, because most clients send it so, and both are the same key. A key
 * is long enough that nobody guesses it, and short enough to be one.
 *
 * Errors: INVALID_ARGUMENT.
 * Specs: The Idempotency-Key HTTP Header Field (draft-ietf-httpapi-idempotency-key-header-07) §2.1, RFC 9651 §3.3.3.
 */

import { ErrorReason } from '@signet/contract'
import { SignetError } from '../errors.ts'

/** The key; undefined where there is no header. */
export function parseIdempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined
  const quoted = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/u.exec(header.trim())?.[1]
  const key = quoted?.replaceAll(/\\(["\\])/gu, '$1') ?? header.trim()
  if (/^[\x21-\x7e]{16,255}$/u.test(key) && (quoted !== undefined || !/["\\,;]/u.test(key)))
    return key
  throw new SignetError(ErrorReason.INVALID_ARGUMENT, {
    violations: [
      {
        field: 'Idempotency-Key',
        rule: 'idempotency_key.malformed',
        message: 'An idempotency key has 16 to 255 visible characters, such as a UUID in quotes.',
      },
    ],
  })
}
