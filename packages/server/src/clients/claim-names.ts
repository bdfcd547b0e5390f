/**
 * Names of claims that have a meaning of their own: registered ones, and those that Signet writes. No service may put
 * one into a token that it mints.
 *
 * Specs: the IANA registry of JSON Web Token claims; RFC 7519 §4.1, RFC 8693 §4, RFC 8705 §3.1, RFC 9068 §2.2, RFC 9449 §6.1,
 * RFC 9493, OIDC Core §2, §5.1 and §5.6.2, OIDC Front- and Back-Channel Logout.
 */

const names = [
  // RFC 7519
  'iss sub aud exp nbf iat jti',
  // OIDC Core: ID tokens, standard claims, aggregated and distributed ones
  'azp nonce auth_time at_hash c_hash s_hash acr amr sub_jwk',
  'name given_name family_name middle_name nickname preferred_username profile picture website email email_verified gender birthdate zoneinfo locale phone_number phone_number_verified address updated_at',
  '_claim_names _claim_sources verified_claims',
  // Sessions and logout
  'sid events sub_id toe txn',
  // Delegation, confirmation, authorization
  'act may_act cnf scope client_id resource authorization_details groups roles entitlements permissions permission role',
  'htm htu ath vct vp jwks jwk status cty typ alg kid',
  // Introspection answers them beside the claims of a token
  'active token_type username',
  // Our own
  'gid rev provider',
]

const reserved = new Set(names.flatMap((line) => line.split(' ')))

/** Whether a claim of this name is not a service's to write. Letter case does not make another name of it. */
export function isReservedClaim(name: string): boolean {
  const lower = name.toLowerCase()
  return reserved.has(lower) || lower.startsWith('signet') || lower === '__proto__'
}
