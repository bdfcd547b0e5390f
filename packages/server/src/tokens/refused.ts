/** The one answer to a token that is not good. It never says what is wrong with it; the log does. */

import { ErrorReason } from '@signet/contract'
import { SignetError } from '../errors.ts'

const refusals: ReadonlySet<ErrorReason> = new Set([
  ErrorReason.UNAUTHENTICATED,
  ErrorReason.INVALID_GRANT,
])

/** UNAUTHENTICATED; the detail is for the log alone. */
export function refused(detail: string): SignetError {
  return new SignetError(ErrorReason.UNAUTHENTICATED, { detail: `token refused: ${detail}` })
}

/** For those to whom a token that is not good is an answer, not an error. Throws every other error on. */
export function undefinedIfRefused(error: unknown): undefined {
  if (error instanceof SignetError && refusals.has(error.reason)) return
  throw error
}
