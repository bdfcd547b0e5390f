/**
 * A Postgres for tests: the embedded one in a directory that is thrown away, with a migrated template database.
 *
 * It does not wait for the disk, because nothing in it has to survive.
 */

import pg from 'pg'
import { type DatabaseAddress, driverAddress } from '../db/address.ts'
import { startEmbeddedPostgres } from '../db/embedded/embedded-postgres.ts'
import { migrate } from '../db/migrate.ts'

export interface TestPostgres {
  address: DatabaseAddress
  stop(): Promise<void>
}

/** The name of the migrated database that test databases are copied from. */
export const templateName = 'signet_template'

/** Starts a server in an empty directory and makes its template. */
export async function startTestPostgres(directory: string): Promise<TestPostgres> {
  const server = await startEmbeddedPostgres({ dataDir: directory, durable: false })
  try {
    await createTemplate(server.address)
    return { address: server.address, stop: () => server.stop() }
  } catch (error) {
    await server.stop()
    throw error
  }
}

/** Makes the migrated template on a fresh server. */
export async function createTemplate(server: DatabaseAddress): Promise<void> {
  await administer(server, `create database ${templateName} template template0`)
  await migrate({ ...server, database: templateName })
}

/** Runs one statement beside the database of the service, from where others are made, changed and dropped. */
export async function administer(server: DatabaseAddress, statement: string): Promise<void> {
  const client = new pg.Client(driverAddress({ ...server, database: 'template1' }))
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
