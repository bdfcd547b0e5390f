/** What the token endpoint answers, and who asks it. Spelled as on the wire (RFC 6749 §5.1, OpenID Connect Core 1.0 §3.1.3.3). */

import { ErrorReason } from '@signet/contract'
import { SignetError } from '../errors.ts'
import type { ClientId } from '../ids.ts'
import type { ClientTokens } from '../request-context.ts'

export interface TokenResponse {
  access_token: string
  token_type: 'Bearer'
  /** Seconds from now. */
  expires_in: number
  refresh_token?: string
  id_token?: string
  scope: string
}

/** A client at the token endpoint. */
export interface TokenClient {
  clientId: ClientId
  /** The position of the revocation log on which its proof rests; undefined for a public client, which has none. */
  rev: number | undefined
  tokens: ClientTokens
}

type TokenErrorCode =
  | 'unsupported_grant_type'
  | 'unauthorized_client'
  | 'invalid_scope'
  | 'invalid_target'

/** A refusal that only the token endpoint knows (RFC 6749 §5.2, RFC 8707 §2). The description is for whoever builds the client. */
export function tokenError(error: TokenErrorCode, description: string): SignetError {
  const violations = [{ field: '', rule: error, message: description }]
  return new SignetError(ErrorReason.INVALID_ARGUMENT, { oauthError: error, violations })
}
