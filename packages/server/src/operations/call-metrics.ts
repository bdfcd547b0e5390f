/**
 * How many calls ended how, and how long they took: a counter and a histogram in the Prometheus text format.
 *
 * Every call passes here, so the tallies are kept by hand: two look-ups and an addition. The library would build its key
 * from the labels three times for each call, which costs as much as routing it.
 *
 * Specs: the Prometheus text-based exposition format, version 0.0.4.
 */

import type { CallOutcome } from '../call/app.ts'

/** How one call ended, as the pipeline tells it. */
export type ObservedCall = Omit<CallOutcome, 'reference'>

export interface CallMetrics {
  observe(call: ObservedCall): void
  /** Both metrics as they stand. */
  text(): string
}

/** The calls of one method over one wire. */
interface Tally {
  /** The labels of both, as they are written. */
  labels: string
  /** Calls by result. */
  results: Map<string, number>
  /** Calls by the bucket that they fall into; the last one has no upper bound. */
  buckets: number[]
  seconds: number
}

const upperBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Opens the tallies. Label values come from closed sets, without anything that the format would escape. */
export function createCallMetrics(): CallMetrics {
  const tallies = new Map<string, Map<string, Tally>>()
  return {
    observe({ method = 'unknown', wire, result, seconds }) {
      const tally = tallies.get(method)?.get(wire) ?? addTally(tallies, method, wire)
      tally.results.set(result, (tally.results.get(result) ?? 0) + 1)
      const bucket = bucketOf(seconds)
      tally.buckets[bucket] = (tally.buckets[bucket] ?? 0) + 1
      tally.seconds += seconds
    },
    text() {
      const all = [...tallies.values()].flatMap((byWire) => [...byWire.values()])
      const lines = [
        '# HELP signet_calls_total Calls by method, wire and result.',
        '# TYPE signet_calls_total counter',
        ...all.flatMap(counterLines),
        '',
        '# HELP signet_call_duration_seconds Time from the request to the end of its answer; a stream counts until it ends.',
        '# TYPE signet_call_duration_seconds histogram',
        ...all.flatMap(histogramLines),
      ]
      return `${lines.join('\n')}\n`
    },
  }
}

function addTally(
  tallies: Map<string, Map<string, Tally>>,
  method: string,
  wire: ObservedCall['wire'],
): Tally {
  const tally = {
    labels: `method="${method}",wire="${wire}"`,
    results: new Map<string, number>(),
    buckets: new Array<number>(upperBounds.length + 1).fill(0),
    seconds: 0,
  }
  const byWire = tallies.get(method) ?? new Map<string, Tally>()
  tallies.set(method, byWire.set(wire, tally))
  return tally
}

function bucketOf(seconds: number): number {
  const bucket = upperBounds.findIndex((bound) => seconds <= bound)
  return bucket === -1 ? upperBounds.length : bucket
}

function counterLines({ labels, results }: Tally): string[] {
  return [...results].map(
    ([result, count]) => `signet_calls_total{${labels},result="${result}"} ${count}`,
  )
}

/** The buckets of the format are cumulative. */
function histogramLines({ labels, buckets, seconds }: Tally): string[] {
  let count = 0
  const cumulative = buckets.map((calls, bucket) => {
    count += calls
    const bound = upperBounds[bucket] ?? '+Inf'
    return `signet_call_duration_seconds_bucket{le="${bound}",${labels}} ${count}`
  })
  return [
    ...cumulative,
    `signet_call_duration_seconds_sum{${labels}} ${seconds}`,
    `signet_call_duration_seconds_count{${labels}} ${count}`,
  ]
}
