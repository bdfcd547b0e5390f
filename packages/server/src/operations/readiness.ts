/**
 * Whether this instance can serve: the one answer behind `/readyz` and gRPC health.
 *
 * Ready means that the database answers within a second, its schema is not older than this code, every further check
 * passes, and nobody has asked the instance to stop. A check is run once for all who ask at the same time, and its
 * answer serves for a second, so that probes cannot load the database.
 */

import type { Logger } from 'pino'
import { migrationState } from '../db/migrate.ts'
import type { Db } from '../db/query.ts'

/** What was found; a failing check is named, and its reason stands in the log. */
export interface ReadinessReport {
  ready: boolean
  checks: Record<string, 'ok' | 'failing'>
}

export interface Readiness {
  check(): Promise<ReadinessReport>
  ready(): Promise<boolean>
  /** From here on the instance is not ready: load balancers send no more, while running calls finish. */
  startShutdown(): void
}

interface ReadinessDeps {
  db: Db
  log: Logger
}

/** Checks by name; one that throws or is not done within a second fails. */
export type Checks = Readonly<Record<string, () => Promise<void>>>

const checkTimeoutMs = 1000
const answerServesMs = 1000

/** Opens the readiness of one instance. `further` are checks of parts that this folder does not know, such as keys. */
export function openReadiness({ db, log }: ReadinessDeps, further: Checks = {}): Readiness {
  const checks = { database: () => databaseAnswers(db), ...further }
  let stopping = false
  let wasReady = true
  let latest: Promise<ReadinessReport> | undefined
  let latestUntilMs = 0

  async function look(): Promise<ReadinessReport> {
    const { report, failures } = await runChecks(checks)
    latestUntilMs = performance.now() + answerServesMs
    if (report.ready && !wasReady) log.info('ready')
    for (const { name, error } of wasReady ? failures : [])
      log.warn({ check: name, err: error }, 'not ready')
    wasReady = report.ready
    return report
  }

  async function check(): Promise<ReadinessReport> {
    if (latest === undefined || performance.now() >= latestUntilMs) {
      latestUntilMs = Number.POSITIVE_INFINITY
      latest = look()
    }
    const { ready, checks } = await latest
    return {
      ready: ready && !stopping,
      checks: { ...checks, running: stopping ? 'failing' : 'ok' },
    }
  }

  return {
    check,
    ready: async () => (await check()).ready,
    startShutdown() {
      stopping = true
    },
  }
}

interface Failure {
  name: string
  error: unknown
}

async function runChecks(
  checks: Checks,
): Promise<{ report: ReadinessReport; failures: Failure[] }> {
  const failures: Failure[] = []
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => {
      try {
        await within(checkTimeoutMs, check)
        return [name, 'ok'] as const
      } catch (error) {
        failures.push({ name, error })
        return [name, 'failing'] as const
      }
    }),
  )
  const report = { ready: failures.length === 0, checks: Object.fromEntries(results) }
  return { report, failures }
}

/** One statement that proves both that the database answers and that its schema is the one this code knows, or a later one. */
async function databaseAnswers(db: Db): Promise<void> {
  const { pending } = await migrationState(db)
  if (pending.length > 0) throw new Error(`not migrated: ${pending.join(', ')}`)
}

async function within(timeoutMs: number, run: () => Promise<void>): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
  try {
    await Promise.race([run(), promise])
  } finally {
    clearTimeout(timer)
  }
}
