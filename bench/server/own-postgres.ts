/** A Postgres that a harness starts for itself, durable as in production, and how services are led to it. */

import { randomBytes } from 'node:crypto'
import { type Database, openDatabase } from '../../packages/server/src/db/database.ts'
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../packages/server/src/db/embedded/embedded-postgres.ts'
import { createDataDir } from './signet-process.ts'

export interface OwnPostgres {
  postgres: EmbeddedPostgres
  /** The harness's own connections, to look at rows. */
  db: Database
  /** A directory for the services, apart from that of the database. */
  dataDir: string
  /** What services need in their environment to share it. */
  settings: Record<string, string>
  stop(): Promise<void>
}

/** Starts it in a directory that is removed by `stop`. */
export async function startOwnPostgres(): Promise<OwnPostgres> {
  const [cluster, services] = [await createDataDir(), await createDataDir()]
  const postgres = await startEmbeddedPostgres({ dataDir: cluster.path })
  const { address } = postgres
  const { user, host, port, database } = address
  const db = openDatabase({
    address,
    poolSize: 4,
    prepared: true,
    limits: { answerTimeoutMs: 60_000, connectTimeoutMs: 10_000, statementTimeoutMs: 60_000 },
  })
  return {
    postgres,
    db,
    dataDir: services.path,
    settings: {
      SIGNET_DATABASE_URL: `postgresql://${user}@${encodeURIComponent(host)}:${port}/${database}`,
      SIGNET_MASTER_SECRET: randomBytes(32).toString('base64'),
    },
    async stop() {
      await db.end()
      await postgres.stop()
      await cluster.remove()
      await services.remove()
    },
  }
}

/** Rows of a statement that only a harness asks, as arrays. */
export async function rowsOf(
  db: Database,
  text: string,
  values: unknown[] = [],
): Promise<unknown[][]> {
  return (await db.query({ name: '', text, values, rowMode: 'array' })).rows
}

/** Makes each commit wait before it is written to the disk, as a slower disk would; for every connection. */
export async function setCommitDelay({ db }: OwnPostgres, delayMs: number): Promise<void> {
  await rowsOf(db, `alter system set commit_siblings = 0`)
  await rowsOf(db, `alter system set commit_delay = ${delayMs * 1000}`)
  await rowsOf(db, 'select pg_reload_conf()')
  const isSet = async () =>
    (await rowsOf(db, 'show commit_delay'))[0]?.[0] === String(delayMs * 1000)
  while (!(await isSet()));
}
