/** The one answer to a token that is not good. It never says what is wrong with it; the log does. */

import { ErrorReason } from '@signet/contract'
import { SignetError } from '../errors.ts'

/** UNAUTHENTICATED; the detail is for the log alone. */
export function refused(detail: string): SignetError {
  return new SignetError(ErrorReason.UNAUTHENTICATED, { detail: `token refused: ${detail}` })
}
