/**
 * Why something was ended: the closed list of what stands in the revocation log and in the rows that it ended.
 *
 * A new reason needs a cause in the completeness matrix (`matrix/causes.ts`), which says what dies of it.
 */

export const revocationReasons = [
  'signed_out',
  'revoked',
  'revoked_by_operator',
  'upstream_signed_out',
  'signed_out_elsewhere',
  'signed_out_everywhere',
  'password_changed',
  'password_reset',
  'email_change_undone',
  'email_proved',
  'suspended',
  'client_disabled',
  'token_revoked',
  'refresh_token_reuse',
  'authorization_code_reuse',
  'consent_withdrawn',
  'recovered',
] as const

export type RevocationReason = (typeof revocationReasons)[number]
