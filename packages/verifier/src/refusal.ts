/**
 * Why a token is not accepted: one closed list of reasons, each with its HTTP status, OAuth error, RPC code and sentence.
 *
 * A sentence says nothing about the token that its holder does not know, and keeps to the letters that a challenge may
 * hold. 503 means that the token may be good and nobody can tell now: try again, and do not sign anybody out.
 *
 * Specs: RFC 6750 §3 and §3.1.
 */

interface ReasonRow {
  status: 400 | 401 | 403 | 503
  /** The `error` of a challenge; none where no token was presented, or where it is not to blame. */
  error?: 'invalid_request' | 'invalid_token' | 'insufficient_scope'
  rpcCode: 'INVALID_ARGUMENT' | 'UNAUTHENTICATED' | 'PERMISSION_DENIED' | 'UNAVAILABLE'
  sentence: string
}

const invalidToken = { status: 401, error: 'invalid_token', rpcCode: 'UNAUTHENTICATED' } as const
const unavailable = { status: 503, rpcCode: 'UNAVAILABLE' } as const
const forbidden = {
  status: 403,
  error: 'insufficient_scope',
  rpcCode: 'PERMISSION_DENIED',
} as const

export const reasons = {
  no_token: {
    status: 401,
    rpcCode: 'UNAUTHENTICATED',
    sentence: 'Present an access token in the Authorization header.',
  },
  bad_presentation: {
    status: 400,
    error: 'invalid_request',
    rpcCode: 'INVALID_ARGUMENT',
    sentence: 'Present one access token, once, in the Authorization header and nowhere else.',
  },
  malformed: { ...invalidToken, sentence: 'The token is not an access token of this issuer.' },
  wrong_type: { ...invalidToken, sentence: 'The token is not an access token.' },
  wrong_algorithm: {
    ...invalidToken,
    sentence: 'The token is signed with an algorithm that is not accepted here.',
  },
  unknown_key: { ...invalidToken, sentence: 'The token is signed by no key of the issuer.' },
  wrong_signature: { ...invalidToken, sentence: 'The signature of the token is wrong.' },
  bad_claims: { ...invalidToken, sentence: 'The token lacks claims, or they have wrong types.' },
  other_issuer: { ...invalidToken, sentence: 'The token comes from another issuer.' },
  other_audience: { ...invalidToken, sentence: 'The token is meant for another service.' },
  sender_constrained: {
    ...invalidToken,
    sentence: 'The token is bound to a key and is not accepted as a bearer token.',
  },
  expired: { ...invalidToken, sentence: 'The token has expired; refresh it.' },
  not_yet_valid: { ...invalidToken, sentence: 'The token is not valid yet.' },
  revoked: { ...invalidToken, sentence: 'The token was revoked; sign in again.' },
  outdated: { ...invalidToken, sentence: 'The token says something outdated; refresh it.' },
  insufficient_scope: { ...forbidden, sentence: 'The token lacks a scope that this needs.' },
  insufficient_permission: {
    ...forbidden,
    sentence: 'No role in the token gives the permission that this needs.',
  },
  stale_view: {
    ...unavailable,
    sentence: 'Whether the token was revoked is not known at the moment; try again.',
  },
  keys_unavailable: {
    ...unavailable,
    sentence: 'The keys of the issuer cannot be read at the moment; try again.',
  },
  introspection_unavailable: {
    ...unavailable,
    sentence: 'The issuer cannot be asked about the token at the moment; try again.',
  },
} as const satisfies Record<string, ReasonRow>

export type RefusalReason = keyof typeof reasons

/** Seconds after which trying again makes sense: a cut connection is tried again within that. */
const retryAfterSeconds = 2

/** A token, or a request, that is not accepted. The message is the public sentence. */
export class VerificationError extends Error {
  override readonly name = 'VerificationError'
  readonly reason: RefusalReason
  /** 400, 401 or 403; 503 where the token may be good, but nobody can tell now. */
  readonly status: ReasonRow['status']
  /** The `error` of RFC 6750 §3.1; undefined where no token was presented, or where it is not to blame. */
  readonly error: ReasonRow['error']
  readonly rpcCode: ReasonRow['rpcCode']
  /** The scopes that are needed, space-delimited, where they are what is missing. */
  readonly scope: string | undefined
  /** With 503: when to try again. */
  readonly retryAfterSeconds: number | undefined

  constructor(reason: RefusalReason, options: { scope?: string; cause?: unknown } = {}) {
    const row: ReasonRow = reasons[reason]
    super(row.sentence, options.cause === undefined ? {} : { cause: options.cause })
    this.reason = reason
    this.status = row.status
    this.error = row.error
    this.rpcCode = row.rpcCode
    this.scope = options.scope
    this.retryAfterSeconds = row.status === 503 ? retryAfterSeconds : undefined
  }
}

/** The refusal for this reason, to be thrown. */
export function refused(reason: RefusalReason, cause?: unknown): VerificationError {
  return new VerificationError(reason, { cause })
}
