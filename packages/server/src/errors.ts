/**
 * Why a call is refused, in one place: each reason of the contract with its HTTP status, RPC code, OAuth error
 * and public sentence.
 *
 * Specs: RFC 9457 (problem details), RFC 6749 §5.2 (OAuth errors), RFC 6750 §3.1 (bearer errors).
 */

import { Code } from '@connectrpc/connect'
import { ErrorReason } from '@signet/contract'

/** A reason that can be given. */
export type Reason = (typeof ErrorReason)[Exclude<keyof typeof ErrorReason, 'UNSPECIFIED'>]

/** How one reason looks on each wire. */
export interface ReasonRow {
  httpStatus: number
  rpcCode: Code
  /** The `error` of an OAuth or bearer response; the nearest registered one. */
  oauthError: string
  /** What a person reads, and what to do next. */
  sentence: string
}

/** The table. A reason without all four does not compile. */
export const reasons = {
  [ErrorReason.INVALID_ARGUMENT]: {
    httpStatus: 400,
    rpcCode: Code.InvalidArgument,
    oauthError: 'invalid_request',
    sentence:
      'Something in this request is not right. Check the fields that are named and send it again.',
  },
  [ErrorReason.NOT_FOUND]: {
    httpStatus: 404,
    rpcCode: Code.NotFound,
    oauthError: 'invalid_request',
    sentence: 'There is nothing at this address. The reference at /docs/api lists every method.',
  },
  [ErrorReason.METHOD_NOT_ALLOWED]: {
    httpStatus: 405,
    rpcCode: Code.Unimplemented,
    oauthError: 'invalid_request',
    sentence:
      'This address does not answer that HTTP method. The Allow header names the ones it does.',
  },
  [ErrorReason.UNSUPPORTED_MEDIA_TYPE]: {
    httpStatus: 415,
    // On RPC it can only be the compression: gRPC and Connect call an unknown one so.
    rpcCode: Code.Unimplemented,
    oauthError: 'invalid_request',
    sentence:
      'This body is in a form that is not read here. Send JSON as application/json, plain or gzip.',
  },
  [ErrorReason.TOO_LARGE]: {
    httpStatus: 413,
    rpcCode: Code.ResourceExhausted,
    oauthError: 'invalid_request',
    sentence: 'This request is larger than this server reads. Send less.',
  },
  [ErrorReason.TIMEOUT]: {
    httpStatus: 408,
    rpcCode: Code.DeadlineExceeded,
    oauthError: 'temporarily_unavailable',
    sentence: 'This took too long. Try again.',
  },
  [ErrorReason.UNAUTHENTICATED]: {
    httpStatus: 401,
    rpcCode: Code.Unauthenticated,
    oauthError: 'invalid_token',
    sentence:
      'Sign in first, and send the access token as a bearer token. A service sends its client id and secret.',
  },
  [ErrorReason.PERMISSION_DENIED]: {
    httpStatus: 403,
    rpcCode: Code.PermissionDenied,
    oauthError: 'insufficient_scope',
    sentence:
      'You are signed in, but you may not do this. Ask an administrator for the permission.',
  },
  [ErrorReason.RECENT_AUTHENTICATION_REQUIRED]: {
    httpStatus: 401,
    rpcCode: Code.Unauthenticated,
    oauthError: 'insufficient_user_authentication',
    sentence: 'Sign in once more to do this.',
  },
  [ErrorReason.INVALID_CREDENTIALS]: {
    httpStatus: 401,
    rpcCode: Code.Unauthenticated,
    oauthError: 'invalid_grant',
    sentence: "That email and password don't match. Check both and try again.",
  },
  [ErrorReason.ACCOUNT_SUSPENDED]: {
    httpStatus: 403,
    rpcCode: Code.PermissionDenied,
    oauthError: 'access_denied',
    sentence: 'This account is suspended. Ask an administrator to open it again.',
  },
  [ErrorReason.PASSWORD_REJECTED]: {
    httpStatus: 400,
    rpcCode: Code.InvalidArgument,
    oauthError: 'invalid_request',
    sentence: 'That password cannot be used. Choose another one.',
  },
  [ErrorReason.RATE_LIMITED]: {
    httpStatus: 429,
    rpcCode: Code.ResourceExhausted,
    oauthError: 'temporarily_unavailable',
    sentence: 'Too many attempts. Wait as long as Retry-After says, then try again.',
  },
  [ErrorReason.UNAVAILABLE]: {
    httpStatus: 503,
    rpcCode: Code.Unavailable,
    oauthError: 'temporarily_unavailable',
    sentence: 'Signet cannot do this right now. Try again in a moment.',
  },
  [ErrorReason.INTERNAL]: {
    httpStatus: 500,
    rpcCode: Code.Internal,
    oauthError: 'server_error',
    sentence: 'Something went wrong on our side. Tell an administrator the reference.',
  },
  [ErrorReason.ORIGIN_NOT_ALLOWED]: {
    httpStatus: 403,
    rpcCode: Code.PermissionDenied,
    oauthError: 'access_denied',
    sentence: 'Pages of this origin may not call Signet. An administrator can allow the origin.',
  },
  [ErrorReason.INVALID_GRANT]: {
    httpStatus: 400,
    rpcCode: Code.Unauthenticated,
    oauthError: 'invalid_grant',
    sentence: 'This refresh token is no longer good. Sign in again.',
  },
  [ErrorReason.IDEMPOTENCY_KEY_REUSED]: {
    httpStatus: 422,
    rpcCode: Code.FailedPrecondition,
    oauthError: 'invalid_request',
    sentence:
      'This idempotency key was used for another request. Send this one under a key of its own.',
  },
  [ErrorReason.LINK_INVALID]: {
    httpStatus: 400,
    rpcCode: Code.FailedPrecondition,
    oauthError: 'invalid_grant',
    sentence: 'This link or code is no longer good. Ask for a new one, and use the latest message.',
  },
  [ErrorReason.NOT_ENABLED]: {
    httpStatus: 403,
    rpcCode: Code.FailedPrecondition,
    oauthError: 'access_denied',
    sentence: 'This is switched off on this server. An administrator can switch it on.',
  },
  [ErrorReason.EMAIL_NOT_VERIFIED]: {
    httpStatus: 403,
    rpcCode: Code.PermissionDenied,
    oauthError: 'access_denied',
    sentence: 'Check the inbox of this address first: use the link or the code in the latest mail.',
  },
} as const satisfies Record<Reason, ReasonRow>

const names = new Map(Object.entries(ErrorReason).map(([name, reason]) => [reason, name]))

/** The name of a reason, such as `INVALID_ARGUMENT`: for problem documents, metrics and logs. */
export function reasonName(reason: Reason): string {
  return names.get(reason) ?? 'UNSPECIFIED'
}

/** "INVALID_ARGUMENT" as "Invalid argument": the title of its problem documents, and of its place in the reference. */
export function reasonWords(name: string): string {
  const words = name.toLowerCase().replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** Its anchor on the page that explains all of them, and the name of its example: "invalid-argument". */
export function reasonAnchor(name: string): string {
  return name.toLowerCase().replaceAll('_', '-')
}

/** Where it is explained. */
export function reasonAddress(issuer: string, name: string): string {
  return `${issuer}/docs/errors#${reasonAnchor(name)}`
}

/** What a refusal is answered as over HTTP (RFC 9457 §3). */
export const problemMediaType = 'application/problem+json'

/** One thing wrong with one field: its path in JSON names, a stable rule, a sentence for a person. */
export interface Violation {
  field: string
  rule: string
  message: string
}

interface SignetErrorOptions {
  violations?: Violation[]
  /** Whole seconds after which trying again makes sense. */
  retryAfterSeconds?: number
  /** The `error` of an OAuth answer, where it is another than that of the reason. */
  oauthError?: string
  /** The scheme by which the caller is asked to authenticate; Bearer, where left out. */
  challenge?: 'basic'
  /** For the log only: it has no path to any wire. */
  detail?: string
  cause?: unknown
}

/** A refusal with a public reason. Anything else that is thrown is a bug, and goes out as INTERNAL. */
export class SignetError extends Error {
  readonly reason: Reason
  readonly violations: Violation[]
  readonly retryAfterSeconds: number | undefined
  readonly challenge: 'basic' | undefined
  readonly oauthError: string | undefined

  constructor(reason: Reason, options: SignetErrorOptions = {}) {
    super(options.detail ?? reasonName(reason), { cause: options.cause })
    this.name = 'SignetError'
    this.reason = reason
    this.violations = options.violations ?? []
    this.retryAfterSeconds = options.retryAfterSeconds
    this.challenge = options.challenge
    this.oauthError = options.oauthError
  }
}
