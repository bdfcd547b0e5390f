/**
 * What the service counts and times, in the Prometheus text format.
 *
 * Every label has a closed set of values: methods are those of the contract (an unknown path is `unknown`), wires and
 * results are lists in the code. Nothing about a person and nothing secret is ever a label. Process, memory, garbage
 * collection and event-loop delay come with the library.
 */

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from '@prometheus-io/client'
import type { QueueState } from '../queue/queue-state.ts'
import { createCallMetrics, type ObservedCall } from './call-metrics.ts'
import { createJobMetrics, type ObservedJob } from './job-metrics.ts'

/** How one password hash ended. A refused one found the queue full. */
export interface ObservedPasswordHash {
  outcome: 'done' | 'refused' | 'failed'
  /** Waiting included. */
  seconds: number
}

/** Where gauges look when somebody asks for the page. A part that does not exist is left out. */
export interface MetricSources {
  database?: () => { total: number; idle: number; waiting: number }
  passwordHasher?: () => { running: number; waiting: number }
  sealer?: () => { seq: bigint; lagSeconds: number; failing: boolean }
  calls?: () => { unary: number; stream: number }
  revocations?: () => { position: bigint; ageMs: number; entries: number; watchers: number }
  /** Asked of the database each time; where that fails the page goes without. */
  jobs?: () => Promise<QueueState[]>
}

export interface Metrics {
  observeCall(call: ObservedCall): void
  observePasswordHash(hash: ObservedPasswordHash): void
  observeJob(job: ObservedJob): void
  /** Names what the gauges read. Called once, when the parts are open. */
  readFrom(sources: MetricSources): void
  /** The page that Prometheus reads. */
  text(): Promise<string>
  contentType: string
}

const hashBuckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

/** Opens the metrics of one process, on a registry of their own. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  const registers = [registry]
  // Each observation takes milliseconds. Ten a second, as by default, showed in profiles of sign-ins with two per cent of the event loop.
  collectDefaultMetrics({ register: registry, eventLoopUtilizationTimeout: 15_000 })
  const calls = createCallMetrics()
  const jobs = createJobMetrics(registry)
  const hashes = new Counter({
    name: 'signet_password_hashes_total',
    help: 'Password hashes by outcome; refused means that the queue was full.',
    labelNames: ['outcome'],
    registers,
  })
  const hashSeconds = new Histogram({
    name: 'signet_password_hash_duration_seconds',
    help: 'Time of one password hash, waiting for its turn included.',
    buckets: hashBuckets,
    registers,
  })
  return {
    observeCall: calls.observe,
    observePasswordHash({ outcome, seconds }) {
      hashes.inc({ outcome })
      if (outcome === 'done') hashSeconds.observe(seconds)
    },
    observeJob: jobs.observe,
    readFrom(sources) {
      registerGauges(registry, sources)
      if (sources.jobs !== undefined) jobs.readFrom(sources.jobs)
    },
    text: async () => `${await registry.metrics()}\n${calls.text()}`,
    contentType: registry.contentType,
  }
}

function registerGauges(registry: Registry, sources: MetricSources): void {
  const { database, passwordHasher, sealer, calls, revocations } = sources
  const gauge = (name: string, help: string, read: () => number | Record<string, number>) =>
    registerGauge(registry, { name, help, read })
  if (database !== undefined) {
    gauge('signet_database_connections', 'Connections to the database by state.', () => {
      const { total, idle, waiting } = database()
      return { busy: total - idle, idle, waited_for: waiting }
    })
  }
  if (passwordHasher !== undefined) {
    gauge(
      'signet_password_hashes',
      'Password hashes that the threads have, one ahead for every other of them, and that wait.',
      () => ({ ...passwordHasher() }),
    )
  }
  if (calls !== undefined) gauge('signet_calls', 'Calls that run, by kind.', () => ({ ...calls() }))
  if (revocations !== undefined) {
    gauge(
      'signet_revocation_entries',
      'Live entries of the revocation log.',
      () => revocations().entries,
    )
    gauge('signet_revocation_position', 'The last position that was read.', () =>
      Number(revocations().position),
    )
    gauge(
      'signet_revocation_age_seconds',
      'How long ago the revocation log was last read.',
      () => revocations().ageMs / 1000,
    )
    gauge(
      'signet_revocation_watchers',
      'Verifiers that watch at this instance.',
      () => revocations().watchers,
    )
  }
  if (sealer !== undefined) {
    gauge('signet_events_sealed', 'The last number of the event log.', () => Number(sealer().seq))
    gauge(
      'signet_event_lag_seconds',
      'Age of the oldest event that is not sealed.',
      () => sealer().lagSeconds,
    )
    gauge('signet_event_sealer_failing', 'Whether the last attempt to seal failed.', () =>
      Number(sealer().failing),
    )
  }
}

/** A gauge that is read when the page is made: one number, or one per state. */
function registerGauge(
  registry: Registry,
  { name, help, read }: { name: string; help: string; read: () => number | Record<string, number> },
): void {
  const registers = [registry]
  new Gauge({
    name,
    help,
    labelNames: ['state'],
    registers,
    collect() {
      const value = read()
      if (typeof value === 'number') this.set(value)
      else for (const [state, each] of Object.entries(value)) this.set({ state }, each)
    },
  })
}
