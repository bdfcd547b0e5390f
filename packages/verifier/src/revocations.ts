/**
 * How a token stands, as far as this process can tell. There are two ways to know: the feed, read into memory, and a Redis
 * that is asked for every request.
 */

import type { Moment } from './clock.ts'
import type { KnownToken } from './known-tokens.ts'

/**
 * - `alive`: not revoked, by a view that is current;
 * - `revoked`, `outdated`: dead, by a view of any age: nothing that was revoked comes back;
 * - `stale`: not revoked by a view that is older than the budget;
 * - `blind`: nothing is known.
 */
export type Standing = 'alive' | 'revoked' | 'outdated' | 'stale' | 'blind'

export interface Revocations {
  /** At this moment, which was read for this token. */
  standing(token: KnownToken, at: Moment): Standing | Promise<Standing>
  /** Milliseconds since 1970 by the latest clock that is known: a token has expired when any has passed its end. */
  latestNowMs(at: Moment): number
  /** Resolves when standings are known for the first time. */
  readonly begun: Promise<void>
  state(): RevocationsState
  close(): void
}

export interface RevocationsState {
  connected: boolean
  reconnects: number
  /** How old the view is; undefined where there is none. */
  ageSeconds: number | undefined
  logId?: string
  position?: number
  entries: number
  /** Memory of the entries. */
  bytes: number
}
