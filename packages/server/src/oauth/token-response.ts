/** What the token endpoint answers, and who asks it. Spelled as on the wire (RFC 6749 §5.1, OpenID Connect Core 1.0 §3.1.3.3). */

import type { ClientId } from '../ids.ts'

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
  /** Whether it proved who it is; a public client cannot. */
  authenticated: boolean
  grantTypes: ReadonlySet<string>
}

/** A refusal that only the token endpoint knows (RFC 6749 §5.2). */
export class TokenError extends Error {
  override readonly name = 'TokenError'
  readonly error: 'unsupported_grant_type' | 'unauthorized_client' | 'invalid_scope' | 'invalid_target'
  readonly description: string

  constructor(error: TokenError['error'], description: string) {
    super(`${error}: ${description}`)
    this.error = error
    this.description = description
  }
}
