/**
 * What a caller is told about a failed call: always a SignetError. Anything else that was thrown is a bug of ours. It
 * is logged under the reference, and goes out as INTERNAL with one generic sentence.
 *
 * Specs: RFC 6750 §3, RFC 7617 §2 and RFC 9470 §3 (WWW-Authenticate).
 */

import { create } from '@bufbuild/protobuf'
import { durationFromMs } from '@bufbuild/protobuf/wkt'
import { type ErrorDetail, ErrorDetailSchema, ErrorReason } from '@signet/contract'
import type { Logger } from 'pino'
import { basicChallenge } from '../authorization-header.ts'
import { reasons, SignetError } from '../errors.ts'
import { recentAuthenticationSeconds } from './authorize.ts'

/** A refusal whose cause stands in the log already. */
class LoggedRefusal extends SignetError {}

/** The refusal that stands for whatever was thrown. Logs, once, what operators have to see. */
export function refusalOf(error: unknown, log: () => Logger, method: string): SignetError {
  if (error instanceof LoggedRefusal) return error
  if (!(error instanceof SignetError) || error.reason === ErrorReason.INTERNAL) {
    log().error({ err: error, method }, 'a call failed')
    return new LoggedRefusal(ErrorReason.INTERNAL, { cause: error })
  }
  if (error.reason !== ErrorReason.UNAVAILABLE || error.cause === undefined) return error
  log().warn({ err: error.cause, method }, 'a call could not be served')
  return new LoggedRefusal(error.reason, {
    violations: error.violations,
    cause: error.cause,
    ...(error.retryAfterSeconds !== undefined && { retryAfterSeconds: error.retryAfterSeconds }),
  })
}

/** The detail that travels with a refusal on the RPC wires. */
export function errorDetail(refusal: SignetError, reference: string): ErrorDetail {
  return create(ErrorDetailSchema, {
    reason: refusal.reason,
    reference,
    violations: refusal.violations,
    ...(refusal.retryAfterSeconds !== undefined && {
      retryAfter: durationFromMs(refusal.retryAfterSeconds * 1000),
    }),
  })
}

/** The headers that go with a refusal on every wire, in lower case. */
export function refusalHeaders(
  refusal: SignetError,
  authorization: string | undefined,
): Record<string, string> {
  const headers: Record<string, string> = {}
  if (refusal.retryAfterSeconds !== undefined)
    headers['retry-after'] = String(Math.max(1, Math.ceil(refusal.retryAfterSeconds)))
  const challenge = challengeOf(refusal, authorization !== undefined)
  if (challenge !== undefined) headers['www-authenticate'] = challenge
  return headers
}

/** RFC 6750 §3.1: a call without any token is told the scheme only, not an error. */
function challengeOf(refusal: SignetError, tokenPresented: boolean): string | undefined {
  const { httpStatus, oauthError } = reasons[refusal.reason]
  if (refusal.challenge === 'basic') return httpStatus === 401 ? basicChallenge : undefined
  if (refusal.reason === ErrorReason.RECENT_AUTHENTICATION_REQUIRED)
    return `Bearer error="${oauthError}", max_age="${recentAuthenticationSeconds}"`
  if (refusal.reason === ErrorReason.UNAUTHENTICATED && tokenPresented)
    return `Bearer error="${oauthError}"`
  if (refusal.reason === ErrorReason.PERMISSION_DENIED) return `Bearer error="${oauthError}"`
  return httpStatus === 401 ? 'Bearer' : undefined
}
