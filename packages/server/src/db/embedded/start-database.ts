/**
 * The database that the configuration asks for: the one that it names, or the embedded one, started here.
 *
 * It stands apart from the rest of the server, which is loaded while PostgreSQL starts.
 *
 * Errors: EmbeddedPostgresError.
 */

import type { Logger } from 'pino'
import type { Config } from '../../config/config.ts'
import type { DatabaseAddress } from '../address.ts'
import { startEmbeddedPostgres } from './embedded-postgres.ts'

export interface StartedDatabase {
  address: DatabaseAddress
  /** Where the embedded Postgres keeps its data; undefined where the configuration names a database. */
  embeddedIn: string | undefined
  /** Stops what was started here; a database that the configuration names goes on. */
  stop(): Promise<void>
}

/** Sees to it that there is a database. */
export async function startDatabase(
  { database, dataDir }: Pick<Config, 'database' | 'dataDir'>,
  log: Logger,
): Promise<StartedDatabase> {
  const { address } = database
  if (address !== undefined) return { address, embeddedIn: undefined, stop: async () => {} }
  const embedded = await startEmbeddedPostgres({ dataDir, log: (message) => log.warn(message) })
  return { address: embedded.address, embeddedIn: dataDir, stop: () => embedded.stop() }
}
