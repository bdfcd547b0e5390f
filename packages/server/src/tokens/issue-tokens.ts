/**
 * Issues what a client holds: an access token, and the refresh token of the grant behind it.
 *
 * Specs: RFC 6749 §5.1, RFC 9068 §2.2.
 */

import { lifetimeOf } from '../clients/access-token-lifetime.ts'
import type { Deps } from '../deps.ts'
import type { KnownGrant } from '../grants/grant-keys.ts'
import type { GrantInUse } from '../grants/present-grant.ts'
import type { SessionId } from '../ids.ts'
import { issueAccessToken } from './access-token.ts'
import { deriveRefreshToken } from './refresh-token.ts'

export interface IssuedTokens {
  accessToken: string
  /** Seconds from now. */
  expiresIn: number
  /** Undefined for a grant that outlives sessions. */
  sessionId: SessionId | undefined
  refreshToken: string
}

/** The tokens of a living grant. The access token starts at `now` and never outlives the grant or its session. */
export function issueTokens(
  { config, signingKeys }: Pick<Deps, 'config' | 'signingKeys'>,
  { grant, sessionId, generation, audience, ...state }: GrantInUse & { grant: KnownGrant },
  now: Date,
): IssuedTokens {
  const { issuer } = config
  const { id: grantId, userId, clientId, keys } = grant
  const { accessToken, claims } = issueAccessToken(
    signingKeys.active(state.signingAlgorithm ?? 'ES256'),
    {
      issuer,
      audience: audience.length === 1 ? (audience[0] ?? '') : audience,
      userId,
      clientId,
      grantId,
      sessionId,
      scopes: state.scopes,
      roles: state.roleNames,
      authTime: state.authTime,
      acr: state.acr,
      amr: state.amr,
      rev: state.position,
      lifetimeSeconds: lifetimeOf(config, state),
      furtherClaims: state.claims,
      sessionExpiresAt: state.expiresAt,
    },
    now,
  )
  const refreshToken = deriveRefreshToken(keys.refreshToken, {
    issuer,
    clientId,
    grantId,
    generation,
  })
  return { accessToken, expiresIn: claims.exp - claims.iat, sessionId, refreshToken }
}
