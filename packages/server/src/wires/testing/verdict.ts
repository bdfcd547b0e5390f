/** What a call came to, in a form in which the wires can be compared. */

import { type DescMessage, type JsonValue, type Message, toJson } from '@bufbuild/protobuf'
import { Code, type ConnectError } from '@connectrpc/connect'
import { type ErrorDetail, ErrorDetailSchema } from '@signet/contract'
import { type Reason, reasonName, type Violation } from '../../errors.ts'

export interface Verdict {
  /** `ok` or the name of the reason. */
  result: string
  /** The messages that came, as JSON. */
  messages: JsonValue[]
  violations: Violation[]
  retryAfterSeconds: number | undefined
  sentence: string | undefined
  /** From the body or the detail. */
  reference: string | undefined
  /** From the header or the metadata. */
  headerReference: string | undefined
  httpStatus: number | undefined
  rpcCode: Code | undefined
}

/** One way to call a method. */
export interface WireClient {
  name: string
  /**
   * Calls with the input as JSON; `token` goes out as a bearer token, or as it is where it begins with a scheme;
   * `idempotencyKey` as its header, as it stands.
   */
  call(
    method: string,
    input: Record<string, JsonValue>,
    options: { token: string | undefined; timeoutMs?: number; idempotencyKey?: string },
  ): Promise<Verdict>
  close(): void
}

/** The `Authorization` header that carries these credentials. */
export function authorizationOf(token: string): string {
  return /^(Basic|Bearer) /.test(token) ? token : `Bearer ${token}`
}

const nothing: Verdict = {
  result: 'ok',
  messages: [],
  violations: [],
  retryAfterSeconds: undefined,
  sentence: undefined,
  reference: undefined,
  headerReference: undefined,
  httpStatus: undefined,
  rpcCode: undefined,
}

export function success(messages: JsonValue[], seen: Partial<Verdict>): Verdict {
  return { ...nothing, messages, ...seen }
}

/** A message as the JSON that the service would write. */
export function asJson(desc: DescMessage, message: Message): JsonValue {
  return toJson(desc, message, { alwaysEmitImplicit: true })
}

/** The verdict of a problem document. */
export function fromProblem(problem: Record<string, unknown>, seen: Partial<Verdict>): Verdict {
  return {
    ...nothing,
    result: String(problem.reason),
    violations: (problem.violations ?? []) as Violation[],
    retryAfterSeconds: problem.retryAfterSeconds as number | undefined,
    sentence: String(problem.detail),
    reference: String(problem.reference),
    httpStatus: Number(problem.status),
    ...seen,
  }
}

/** The verdict of an RPC error. One without a detail shows its code, which equals no reason. */
export function fromRpcError(error: ConnectError, seen: Partial<Verdict>): Verdict {
  const [detail] = error.findDetails(ErrorDetailSchema)
  return {
    ...fromDetail(detail, Code[error.code]),
    sentence: error.rawMessage,
    rpcCode: error.code,
    ...seen,
  }
}

export function fromDetail(detail: ErrorDetail | undefined, code: string): Verdict {
  if (detail === undefined) return { ...nothing, result: `no detail, code ${code}` }
  return {
    ...nothing,
    result: reasonName(detail.reason as Reason),
    violations: detail.violations.map(({ field, rule, message }) => ({ field, rule, message })),
    retryAfterSeconds: detail.retryAfter && Number(detail.retryAfter.seconds),
    reference: detail.reference,
  }
}
