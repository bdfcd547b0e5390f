/**
 * Why a call came to nothing: a reason to branch on, a reference to tell an administrator, and when to try again.
 *
 * Specs: Connect protocol, error end-of-stream JSON; the detail is `signet.v1.ErrorDetail`.
 */

import { fromBinary } from '@bufbuild/protobuf'
import { base64Decode } from '@bufbuild/protobuf/wire'
import { type ErrorDetail, ErrorDetailSchema, ErrorReason } from '@signet/contract'

/** A reason of the contract, or why the service was not asked: out of reach, or nobody is signed in. */
export type ClientErrorReason =
  | Exclude<keyof typeof ErrorReason, 'UNSPECIFIED'>
  | 'UNREACHABLE'
  | 'SIGNED_OUT'

interface ClientErrorOptions {
  reference?: string | undefined
  retryAfterSeconds?: number | undefined
  violations?: readonly { field: string; rule: string; message: string }[]
  cause?: unknown
}

export class SignetClientError extends Error {
  readonly reason: ClientErrorReason
  /** Finds the call in the service's log; undefined where the service was not reached. */
  readonly reference: string | undefined
  /** Whole seconds after which trying again makes sense. */
  readonly retryAfterSeconds: number | undefined
  /** What is wrong with which field. */
  readonly violations: readonly { field: string; rule: string; message: string }[]

  constructor(reason: ClientErrorReason, message: string, options: ClientErrorOptions = {}) {
    super(message, { cause: options.cause })
    this.name = 'SignetClientError'
    this.reason = reason
    this.reference = options.reference
    this.retryAfterSeconds = options.retryAfterSeconds
    this.violations = options.violations ?? []
  }
}

const reasonNames = new Map<number, string>(
  Object.entries(ErrorReason).map(([name, value]) => [value, name]),
)

/** The error that a response which is not a success stands for. One that is not Signet's own is UNREACHABLE. */
export function errorOf(status: number, text: string): SignetClientError {
  const body = parseError(text)
  const detail = body?.detail
  const name = detail && (reasonNames.get(detail.reason) as ClientErrorReason)
  if (body === undefined || detail === undefined || name === undefined) {
    return new SignetClientError('UNREACHABLE', `Signet was not reached: HTTP status ${status}.`)
  }
  return new SignetClientError(name, body.message, {
    reference: detail.reference,
    retryAfterSeconds: detail.retryAfter && Number(detail.retryAfter.seconds),
    violations: detail.violations.map(({ field, rule, message }) => ({ field, rule, message })),
  })
}

function parseError(text: string): { message: string; detail: ErrorDetail } | undefined {
  try {
    const { message = '', details = [] } = JSON.parse(text) as {
      message?: string
      details?: { type: string; value: string }[]
    }
    const found = details.find(({ type }) => type === ErrorDetailSchema.typeName)
    if (found === undefined) return undefined
    return { message, detail: fromBinary(ErrorDetailSchema, base64Decode(found.value)) }
  } catch {
    return undefined
  }
}

/** Whether a call may be repeated as it was: nobody knows what became of it, or nothing did. */
export function isPassing(error: unknown): error is SignetClientError {
  return error instanceof SignetClientError && passing.has(error.reason)
}

const passing: ReadonlySet<ClientErrorReason> = new Set([
  'UNREACHABLE',
  'UNAVAILABLE',
  'RATE_LIMITED',
  'TIMEOUT',
  'INTERNAL',
])
