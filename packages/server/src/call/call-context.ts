/**
 * The context of one call. What few calls use (the abort signal, the logger bound to the reference) is made when it
 * is first asked for: a call that reads no database costs less than either.
 */

import type { Logger } from 'pino'
import {
  type ClientCredentials,
  type Credentials,
  parseAuthorization,
} from '../authorization-header.ts'
import type { Caller, RequestContext } from '../request-context.ts'
import type { Wire } from './app.ts'
import { parseIdempotencyKey } from './idempotency-key.ts'

/** Characters of a user agent that are kept, here and in everything that is stored. */
const userAgentLengthMax = 400

/** Where a call came from; the wires make it. */
export interface CallOrigin {
  wire: Wire
  reference: string
  ipAddress: string
  /** The country of that address, where anyone knows it. */
  country?(): string | undefined
  /** The header, as it came. */
  userAgent: string
  /** The `Authorization` header, as it came. */
  authorization: string | undefined
  /** The `Idempotency-Key` header, as it came. */
  idempotencyKey?: string | undefined
  /** The `traceparent` header, as it came. */
  traceparent?: string | undefined
  /** Calls back when the caller has gone away, at once where it is gone already. It may do so after a complete answer too, which changes nothing. */
  onGone(listener: () => void): void
}

const unread = Symbol('unread')

export class CallContext implements RequestContext {
  readonly reference: string
  readonly ipAddress: string
  readonly userAgent: string
  caller: Caller = { kind: 'anonymous' }
  #startedMs = Date.now()
  #now: Date | undefined
  #origin: CallOrigin
  #credentials: Credentials | undefined | typeof unread = unread
  #rootLog: Logger
  #log: Logger | undefined
  #controller: AbortController | undefined
  #abortReason: unknown

  constructor(origin: CallOrigin, rootLog: Logger) {
    this.reference = origin.reference
    this.ipAddress = origin.ipAddress
    this.userAgent = origin.userAgent.slice(0, userAgentLengthMax)
    this.#origin = origin
    this.#rootLog = rootLog
  }

  /** When the call began. */
  get now(): Date {
    this.#now ??= new Date(this.#startedMs)
    return this.#now
  }

  get bearerToken(): string | undefined {
    const credentials = this.#presented()
    return credentials?.scheme === 'bearer' ? credentials.token : undefined
  }

  get clientCredentials(): ClientCredentials | undefined {
    const credentials = this.#presented()
    return credentials?.scheme === 'basic' ? credentials : undefined
  }

  #presented(): Credentials | undefined {
    if (this.#credentials === unread)
      this.#credentials = parseAuthorization(this.#origin.authorization)
    return this.#credentials
  }

  get country(): string | undefined {
    return this.#origin.country?.()
  }

  get idempotencyKey(): string | undefined {
    return parseIdempotencyKey(this.#origin.idempotencyKey)
  }

  get log(): Logger {
    this.#log ??= this.#rootLog.child({ reference: this.reference })
    return this.#log
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#abortReason !== undefined) this.#controller.abort(this.#abortReason)
      else this.#origin.onGone(() => this.abort(new CallerGone()))
    }
    return this.#controller.signal
  }

  /** Ends the call's signal with this reason; the first reason stays. */
  abort(reason: Error): void {
    this.#abortReason ??= reason
    this.#controller?.abort(reason)
  }

  /** Why the signal was aborted, if it was. */
  get abortReason(): unknown {
    return this.#abortReason
  }
}

/** The caller hung up. Nobody reads the answer, so this is neither a refusal nor a bug. */
export class CallerGone extends Error {
  constructor() {
    super('the caller has gone away')
    this.name = 'AbortError'
  }
}
