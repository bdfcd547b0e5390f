/**
 * Counts what a load that has got going does in so many seconds, from the moment when every connection has been answered once.
 *
 * A server that answers in groups has work in hand at any moment. Counted by the answers that come until a stroke of the clock,
 * that work would be left out, or an earlier one's put in. So an operation that lies partly in the time counts as that part.
 */

import { type Slice, sliceOf } from '../slices.ts'

export interface SteadyCount {
  /** An answer that came now to a request sent then, by the monotonic clock in milliseconds. False once the time is over. */
  add(connection: number, sentAtMs: number, nowMs: number): boolean
  slice(): Slice
}

export function openSteadyCount(connections: number, seconds: number): SteadyCount {
  const unanswered = new Set(Array.from({ length: connections }, (_, index) => index))
  const latencies: number[] = []
  let [startMs, endMs] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  let operations = 0
  let answers = 0
  return {
    add(connection, sentAtMs, nowMs) {
      answers += 1
      const within = Math.min(nowMs, endMs) - Math.max(sentAtMs, startMs)
      if (within > 0) {
        operations += within / (nowMs - sentAtMs)
        latencies.push(nowMs - sentAtMs)
      }
      if (unanswered.delete(connection) && unanswered.size === 0)
        [startMs, endMs] = [nowMs, nowMs + seconds * 1000]
      return nowMs <= endMs
    },
    slice: () => ({
      ...sliceOf(latencies, { seconds, uncounted: answers - latencies.length }),
      operations,
    }),
  }
}
