/** Which scopes nobody gets without a proved address. */

import type { Config } from '../config/config.ts'

/** Of this installation; the database keeps them back from who has none (`scopes_allowed`). */
export function scopesNeedingProof({
  emailVerification: { when, scopes },
}: Pick<Config, 'emailVerification'>): readonly string[] {
  return when === 'before-scopes' ? scopes : []
}
