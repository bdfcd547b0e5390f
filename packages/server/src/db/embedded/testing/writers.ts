/** Writers that remember what the database acknowledged, to be compared with what it still has after a crash. */

import assert from 'node:assert/strict'
import pg from 'pg'
import { type DatabaseAddress, driverAddress } from '../../address.ts'
import { waitUntil } from '../process-state.ts'

/** Runs one statement on a connection of its own. */
export async function query<Row extends pg.QueryResultRow>(
  address: DatabaseAddress,
  text: string,
): Promise<Row[]> {
  const client = await connectTo(address)
  try {
    return (await client.query<Row>(text)).rows
  } finally {
    await client.end()
  }
}

/** Asks until the server answers, for a server that is being started again. Bounded. */
export async function queryWhenBack<Row extends pg.QueryResultRow>(
  address: DatabaseAddress,
  text: string,
): Promise<Row[]> {
  const deadline = performance.now() + 15_000
  for (;;) {
    try {
      return await query<Row>(address, text)
    } catch (error) {
      if (performance.now() > deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}

/** Four connections that insert until they are cut off. */
export interface Writers {
  acknowledged: Set<number>
  /** Waits until this many rows were acknowledged since the call. */
  waitForRows(count: number): Promise<void>
  /** Settles when every connection has been cut off. */
  ended: Promise<unknown>
}

/** Starts writing to the table `written`, which is made when it is missing. */
export async function startWriters(address: DatabaseAddress, firstId: number): Promise<Writers> {
  await query(address, 'create table if not exists written (id bigint primary key)')
  const acknowledged = new Set<number>()
  let nextId = firstId
  const write = async () => {
    const client = await connectTo(address)
    try {
      for (;;) {
        const id = nextId++
        await client.query('insert into written values ($1)', [id])
        acknowledged.add(id)
      }
    } catch {
      // Cut off, as intended; this last row was not acknowledged and may be there or not.
    }
  }
  const ended = Promise.all([write(), write(), write(), write()])
  const waitForRows = async (count: number) => {
    const goal = acknowledged.size + count
    assert.ok(await waitUntil(() => acknowledged.size >= goal, 15_000), 'the writers are stuck')
  }
  return { acknowledged, waitForRows, ended }
}

/** Fails when an acknowledged row is gone. */
export async function assertNothingLost(address: DatabaseAddress, writers: Writers): Promise<void> {
  const rows = await queryWhenBack<{ id: string }>(address, 'select id from written')
  const kept = new Set(rows.map(({ id }) => Number(id)))
  const lost = [...writers.acknowledged].filter((id) => !kept.has(id))
  assert.deepEqual(lost, [])
  assert.ok(writers.acknowledged.size > 0)
}

/** A connection whose later failure is told by its queries alone. */
async function connectTo(address: DatabaseAddress): Promise<pg.Client> {
  const client = new pg.Client(driverAddress(address))
  client.on('error', () => undefined)
  await client.connect()
  return client
}
