/** What the pipeline runs on: the methods, who may pass, how many at once, and who is told about it. */

import type { Credentials } from '../authorization-header.ts'
import type { Deps } from '../deps.ts'
import type { Caller, ClientCaller, RequestContext, UserCaller } from '../request-context.ts'
import type { Admission } from './admission.ts'
import type { Method } from './method.ts'
import type { Validate } from './validate.ts'

/** How a call travels. */
export type Wire = 'rest' | 'connect' | 'grpc' | 'grpc-web'

/** How one call ended. `method` is missing where none was found: an unknown path, an unreadable request. */
export interface CallOutcome {
  method: string | undefined
  wire: Wire
  /** `ok`, `gone` (the caller left before the answer), or the name of an error reason. */
  result: string
  seconds: number
  reference: string
}

/** What a span is named after. */
export interface CallLabels {
  method: string
  wire: Wire
  reference: string
  /** The caller's header, as it came. */
  traceparent?: string | undefined
}

/** Everything the wires need to serve calls; made once at start. */
export interface App {
  deps: Deps
  methods: readonly Method[]
  /** Holds each message against the rules of the contract. */
  validate: Validate
  /** Bounds the calls and streams that run at once. */
  admission: Admission
  /** Turns a bearer token into its user, the credentials of a client into that client, or throws UNAUTHENTICATED. */
  authenticate(
    deps: Deps,
    ctx: RequestContext,
    credentials: Credentials,
  ): Promise<UserCaller | ClientCaller>
  /** Calls `ended` once the caller's session, user or client has ended. Answers what stops it. */
  watchCaller?(deps: Deps, caller: Caller, ended: () => void): () => void
  /** Records that a user was refused for want of a permission, before the refusal goes out. */
  recordDenial?(deps: Deps, ctx: RequestContext, method: Pick<Method, 'name'>): Promise<void>
  /** Told once about each call, when it has ended. */
  observe?(outcome: CallOutcome): void
  /** Runs a call inside a span. */
  trace?<T>(labels: CallLabels, run: () => Promise<T>): Promise<T>
}
