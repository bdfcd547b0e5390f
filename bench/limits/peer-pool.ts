/** Connections of a peer to the Postgres that Signet uses, in a schema of its own. */

import pg from 'pg'
import { type DatabaseAddress, driverAddress } from '../../packages/server/src/db/address.ts'

/** As many as Signet has with its defaults. */
const poolSize = 16

/** Makes the schema, empty, and a pool in which every name means that schema. */
export async function openPeerPool(address: DatabaseAddress, schema: string): Promise<pg.Pool> {
  const pool = new pg.Pool({
    ...driverAddress(address),
    max: poolSize,
    options: `-c search_path=${schema}`,
  })
  await pool.query(`drop schema if exists ${schema} cascade`)
  await pool.query(`create schema ${schema}`)
  return pool
}
