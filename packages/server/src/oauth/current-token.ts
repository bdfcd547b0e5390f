/**
 * Whether an access token is good at this moment, as far as this instance can say so without asking the database: its view
 * of the revocation log is current, the token is ours and unexpired, and no entry kills it (see `introspect.ts` for why that
 * is right).
 *
 * Errors: UNAVAILABLE, where the view is too old or not whole; UNAUTHENTICATED.
 */

import { ErrorReason } from '@signet/contract'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { verifyAccessToken } from '../tokens/access-token.ts'
import type { AccessTokenClaims } from '../tokens/access-token-claims.ts'
import { refused, undefinedIfRefused } from '../tokens/refused.ts'

type TokenDeps = Pick<Deps, 'config' | 'revocations' | 'signingKeys'>

const retryAfterSeconds = 1

/** The claims of a token that is good now, for whichever audience. */
export function requireGoodToken(deps: TokenDeps, now: Date, token: string): AccessTokenClaims {
  requireCurrentView(deps)
  const claims = verifyAccessToken(deps.signingKeys, token, { now, issuer: deps.config.issuer })
  if (deps.revocations.revokes(claims)) throw refused('revoked')
  return claims
}

/** The claims of a token of ours that has not expired, for whichever audience; undefined where it is none. */
export function readAccessToken(
  { config, signingKeys }: Pick<Deps, 'config' | 'signingKeys'>,
  now: Date,
  token: string,
): AccessTokenClaims | undefined {
  try {
    return verifyAccessToken(signingKeys, token, { now, issuer: config.issuer })
  } catch (error) {
    return undefinedIfRefused(error)
  }
}

/** Throws UNAVAILABLE where this instance has not read the revocation log within the budget, or not the whole of it. */
export function requireCurrentView({
  config,
  revocations,
}: Pick<Deps, 'config' | 'revocations'>): void {
  const { readAtMs, complete } = revocations.state()
  const ageMs = performance.now() - readAtMs
  if (complete && ageMs <= config.revocationFeed.budgetSeconds * 1000) return
  throw new SignetError(ErrorReason.UNAVAILABLE, {
    retryAfterSeconds,
    detail: complete
      ? `the revocation log was last read ${Math.round(ageMs)} ms ago`
      : 'the revocation log holds more entries than this instance keeps',
  })
}
