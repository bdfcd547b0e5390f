/**
 * `signet start`: runs the service until it is told to stop, and says in one block where everything is.
 *
 * It stops on SIGINT, SIGTERM and SIGHUP, and when the process that started it is gone: requests in flight are
 * finished, then everything is closed. A second Ctrl-C does not wait for that.
 */

import { relative } from 'node:path'
import type { Config } from '../config/config.ts'
import { startDatabase } from '../db/embedded/start-database.ts'
import { createLogger } from '../operations/log.ts'
import type { RunningServer } from '../server.ts'
import type { CommandIo } from './command-io.ts'

/** Resolves once the service has stopped. As JSON, the first line holds the addresses. */
export async function start(config: Config, io: Pick<CommandIo, 'result'>): Promise<void> {
  const startedAt = performance.now()
  const log = createLogger(config.log)
  for (const warning of config.warnings) log.warn(warning)
  // Reading the server's modules takes as long as PostgreSQL does to start, so they do it side by side.
  const [database, { startServer }] = await Promise.all([
    startDatabase(config, log),
    import('../server.ts'),
  ])
  const server = await startServer({ config, log, database })
  try {
    const seconds = (performance.now() - startedAt) / 1000
    const urls = urlsOf(config, server)
    io.result({ ...urls, pid: process.pid }, block(config, server, seconds))
    log.debug({ seconds, applied: server.applied }, 'started')
    log.debug({ reason: await toldToStop() }, 'stopping')
  } finally {
    await server.close()
  }
}

function toldToStop(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => resolve(signal))
    }
    process.once('SIGINT', () => process.once('SIGINT', () => process.exit(130)))
    // Started by the bootstrap: when that is killed, nobody can stop us any more.
    process.once('disconnect', () => resolve('the process that started this one is gone'))
    process.channel?.unref()
  })
}

function urlsOf(config: Config, { addresses, setupCode }: RunningServer) {
  const scheme = config.tls === undefined ? 'http' : 'https'
  return {
    http: `${scheme}://${addresses.http}`,
    grpc: `${scheme}://${addresses.grpc ?? addresses.http}`,
    ...(addresses.metrics === undefined ? {} : { metrics: `http://${addresses.metrics}` }),
    ...(setupCode === undefined ? {} : { setup: `${config.issuer}/setup#${setupCode}` }),
  }
}

function block(config: Config, server: RunningServer, seconds: number): string {
  const { http, grpc, metrics, setup } = urlsOf(config, server)
  const database =
    server.embeddedIn === undefined
      ? 'yours, as SIGNET_DATABASE_URL says'
      : `embedded Postgres in ${shortPath(server.embeddedIn)} (delete the folder to start over)`
  const rows: [string, string][] = [
    ...(setup === undefined ? [] : [['Set up', setup] as [string, string]]),
    ['Sign in', `${config.issuer}/sign-in`],
    ['REST', `${http}/api/v1`],
    ['gRPC, Connect', `${grpc}${config.reflection ? ' (with reflection)' : ''}`],
    ['API reference', `${http}/docs/api`],
    ['OpenAPI 3.1', `${http}/openapi.json`],
    ['Health', `${http}/readyz`],
    ['Metrics', metricsWords(config, metrics ?? http)],
    ...mailRow(config, http),
    ['Issuer', config.issuer],
    ['Database', database],
    ['Administrator', 'npm run signet -- admin create --email you@example.com'],
  ]
  return [
    `signet · ${config.environment} · ready in ${seconds.toFixed(1)} s`,
    ...rows.map(([name, value]) => `  ${name.padEnd(15)}${value}`),
    config.environment === 'development'
      ? 'Not for production: set SIGNET_ENV=production, and it says what is missing. Ctrl-C stops it.'
      : 'Ctrl-C stops it.',
  ].join('\n')
}

/** Where mails are read that are sent nowhere. */
function mailRow({ environment, mail }: Config, at: string): [string, string][] {
  const inbox = environment === 'development' && mail.sender === undefined
  return inbox ? [['Mail', `${at}/dev/inbox (sent nowhere)`]] : []
}

function metricsWords(config: Config, at: string): string {
  const served = config.metricsAddress !== undefined || config.environment === 'development'
  return served ? `${at}/metrics` : 'nowhere; SIGNET_METRICS_ADDRESS says where'
}

function shortPath(path: string): string {
  const fromHere = relative(process.cwd(), path)
  return fromHere.startsWith('..') ? path : `./${fromHere}`
}
