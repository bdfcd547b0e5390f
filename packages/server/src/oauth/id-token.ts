/**
 * ID tokens: what a client learns about who signed in to it, and reading one back as a hint.
 *
 * Signed with the one algorithm of the client. Claims about the person are at the UserInfo endpoint; here are only those that
 * the client asked for by name.
 *
 * Specs: OpenID Connect Core 1.0 §2, §3.1.3.6 (`at_hash`) and §3.1.2.1 (`id_token_hint`), Back-Channel Logout 1.0 §2.1 (`sid`).
 */

import { hash } from 'node:crypto'
import type { SigningAlgorithm } from '../crypto/jws.ts'
import type { Json } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import type { ClientId, SessionId, UserId } from '../ids.ts'
import { readJwt, signJwt } from '../tokens/jwt.ts'

export interface IdTokenInput {
  clientId: ClientId
  userId: UserId
  /** In which the person authorized the client. */
  sessionId: SessionId
  authTime: Date
  acr: string
  amr: readonly string[]
  nonce: string | undefined
  /** The access token that goes with it. */
  accessToken: string
  signingAlgorithm: SigningAlgorithm
  /** Claims about the person that were asked for by name. */
  claims: Readonly<Record<string, Json>>
}

/** The claims that a hint is read for. */
export interface IdTokenHint {
  sub: UserId
  /** The client that it was issued to. */
  aud: ClientId
  sid: SessionId | undefined
}

const idTokenTyp = 'JWT'
const lifetimeSeconds = 600

/** The ID token, which starts at `now`. */
export function issueIdToken(
  { config, signingKeys }: Pick<Deps, 'config' | 'signingKeys'>,
  input: IdTokenInput,
  now: Date,
): string {
  const iat = Math.floor(now.getTime() / 1000)
  const { sessionId, nonce } = input
  return signJwt(signingKeys.active(input.signingAlgorithm), idTokenTyp, {
    ...input.claims,
    iss: config.issuer,
    sub: input.userId,
    aud: input.clientId,
    exp: iat + lifetimeSeconds,
    iat,
    auth_time: Math.floor(input.authTime.getTime() / 1000),
    ...(nonce !== undefined && { nonce }),
    acr: input.acr,
    amr: [...input.amr],
    sid: sessionId,
    at_hash: halfHash(input.signingAlgorithm, input.accessToken),
  })
}

/** What an ID token of ours says, expired or not; undefined where it is none. */
export function verifyIdTokenHint(
  { config, signingKeys }: Pick<Deps, 'config' | 'signingKeys'>,
  idToken: string,
): IdTokenHint | undefined {
  try {
    const { iss, sub, aud, sid } = readJwt(signingKeys, idToken, idTokenTyp)
    if (iss !== config.issuer || typeof sub !== 'string' || typeof aud !== 'string')
      return undefined
    return {
      sub: sub as UserId,
      aud: aud as ClientId,
      sid: typeof sid === 'string' ? (sid as SessionId) : undefined,
    }
  } catch (error) {
    if (error instanceof SignetError) return undefined
    throw error
  }
}

/** The left half of the hash that belongs to the algorithm; Ed25519 comes with SHA-512 (RFC 8032 §5.1). */
function halfHash(algorithm: SigningAlgorithm, text: string): string {
  const digest = hash(algorithm === 'EdDSA' ? 'sha512' : 'sha256', text, 'buffer')
  return digest.subarray(0, digest.length / 2).toString('base64url')
}
