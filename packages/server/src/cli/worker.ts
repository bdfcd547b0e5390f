/**
 * `signet worker`: works on queued jobs until it is told to stop, beside servers with `SIGNET_WORKER=off` or as a further
 * hand. It serves nothing but its probes and metrics, and those only at `SIGNET_METRICS_ADDRESS`.
 */

import { once } from 'node:events'
import { openObjectStore } from '../avatars/object-store.ts'
import { formatSocketAddress } from '../config/socket-address.ts'
import { openJobs } from '../jobs/open-jobs.ts'
import { createLogger } from '../operations/log.ts'
import { createMetrics, type Metrics } from '../operations/metrics.ts'
import { listenProbes } from '../operations/probes.ts'
import { openReadiness } from '../operations/readiness.ts'
import { readQueueState } from '../queue/queue-state.ts'
import { startRewrapping } from '../stored-keys/rewrap-stored-keys.ts'
import { startKeyRotation } from '../tokens/rotate-signing-keys.ts'
import { ensureSigningKeys } from '../tokens/signing-keys.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { type CommandDatabase, withDatabase } from './open-database.ts'
import { openOperatorSecret } from './operator.ts'
import type { CommandContext } from './verb.ts'

/** Runs until a signal to stop. As JSON, the first line says that it has begun. */
export async function worker(context: CommandContext): Promise<ExitCode> {
  const { config, io } = context
  const log = createLogger(config.log)
  for (const warning of config.warnings) log.warn(warning)
  return withDatabase(context, async (database) => {
    const { db, directAddress: address } = database
    const metrics = createMetrics()
    metrics.readFrom({ database: db.counts, jobs: () => readQueueState(db) })
    const masterSecret = openOperatorSecret(config)
    const signingKeys = await ensureSigningKeys({ db, masterSecret }, new Date())
    const avatarObjects = openObjectStore(config.avatars.store)
    const deps = { config, db, log, metrics, masterSecret, signingKeys, avatarObjects }
    const rewrapping = await startRewrapping(deps)
    const keyRotation = startKeyRotation(deps)
    const jobs = openJobs(deps, { address, inbox: undefined })
    const probes = await serveProbes(context, database, { log, metrics })
    jobs.start()
    const at = probes === undefined ? '' : `, metrics at http://${probes.at}/metrics`
    io.result({ working: true, pid: process.pid, metrics: probes?.at ?? null }, `Working${at}.`)
    await toldToStop()
    await jobs.stop()
    await keyRotation.stop()
    await rewrapping.stop()
    await probes?.close()
    return exitCodes.ok
  })
}

async function serveProbes(
  { config }: CommandContext,
  { db }: CommandDatabase,
  { log, metrics }: { log: ReturnType<typeof createLogger>; metrics: Metrics },
): Promise<{ at: string; close(): Promise<void> } | undefined> {
  const { metricsAddress } = config
  if (metricsAddress === undefined) return undefined
  const readiness = openReadiness({ db, log })
  const { port, close } = await listenProbes({ readiness, metrics }, metricsAddress)
  return { at: formatSocketAddress({ host: metricsAddress.host, port }), close }
}

async function toldToStop(): Promise<void> {
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM'), once(process, 'SIGHUP')])
}
