/**
 * A process that starts the embedded database and keeps it, for tests that kill it or run it as somebody else.
 *
 * Usage: starter.ts <data directory>. Each line on standard output is one JSON event: `ready`, `failed`, `log` or
 * `stopped`. It stops in order when its standard input ends.
 */

import { startEmbeddedPostgres } from '../embedded-postgres.ts'
import { EmbeddedPostgresError } from '../embedded-postgres-error.ts'

const say = (event: Record<string, unknown>) => process.stdout.write(`${JSON.stringify(event)}\n`)

try {
  const startedAtMs = performance.now()
  const postgres = await startEmbeddedPostgres({
    dataDir: process.argv[2] ?? '',
    log: (message) => say({ event: 'log', message }),
  })
  const tookMs = Math.round(performance.now() - startedAtMs)
  say({ event: 'ready', address: postgres.address, pid: postgres.pid, self: process.pid, tookMs })
  process.stdin.resume().on('end', async () => {
    await postgres.stop()
    say({ event: 'stopped' })
  })
} catch (error) {
  if (!(error instanceof EmbeddedPostgresError)) throw error
  const { code, message, detail } = error
  say({ event: 'failed', code, message, detail, self: process.pid })
  process.exitCode = 1
}
