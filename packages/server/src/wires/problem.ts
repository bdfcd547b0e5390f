/**
 * Refusals as problem documents.
 *
 * Specs: RFC 9457. The `type` leads to the documentation of the reason; `instance` names this one occurrence.
 */

import { ErrorReason } from '@signet/contract'
import {
  type Reason,
  reasonAddress,
  reasonName,
  reasons,
  reasonWords,
  type SignetError,
  type Violation,
} from '../errors.ts'

export interface Problem {
  type: string
  title: string
  status: number
  detail: string
  instance: string
  reason: string
  reference: string
  violations?: Violation[]
  retryAfterSeconds?: number
}

/** Makes the problem document of a refusal. `status` is given where HTTP has a more exact one than the reason. */
export type Problems = (refusal: SignetError, reference: string, status?: number) => Problem

export function createProblems(issuer: string): Problems {
  return (refusal, reference, status) => {
    const { reason, violations, retryAfterSeconds } = refusal
    const { httpStatus, sentence } = reasons[reason]
    const name = reasonName(reason)
    return {
      type: reasonAddress(issuer, name),
      title: reasonWords(name),
      status: status ?? httpStatus,
      detail: sentence,
      instance: `urn:signet:reference:${reference}`,
      reason: name,
      reference,
      ...(violations.length > 0 && { violations }),
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    }
  }
}

/** The reason that stands for an HTTP status which the HTTP layer itself decided on. */
export function reasonOfStatus(status: number): Reason {
  switch (status) {
    case 404:
      return ErrorReason.NOT_FOUND
    case 405:
      return ErrorReason.METHOD_NOT_ALLOWED
    case 408:
      return ErrorReason.TIMEOUT
    case 413:
    case 431:
      return ErrorReason.TOO_LARGE
    case 415:
      return ErrorReason.UNSUPPORTED_MEDIA_TYPE
    case 503:
      return ErrorReason.UNAVAILABLE
    default:
      return status < 500 ? ErrorReason.INVALID_ARGUMENT : ErrorReason.INTERNAL
  }
}
