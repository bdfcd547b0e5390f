/**
 * A migrated database for a test, made in milliseconds from a template.
 *
 * The test runner starts one server for all tests and names it in SIGNET_TEST_POSTGRES. A test that is run alone
 * starts a server of its own, which ends with the last database that is dropped.
 */

import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseAddress } from '../db/address.ts'
import { type Database, openDatabase } from '../db/database.ts'
import { administer, startTestPostgres, type TestPostgres, templateName } from './postgres.ts'

export interface TestDatabase {
  db: Database
  address: DatabaseAddress
  drop(): Promise<void>
}

const poolSize = 8
/** A hundred at once wait for eight connections: on a slow machine for longer than a person should. */
const patient = { connectTimeoutMs: 8_000, answerTimeoutMs: 10_000 }

/** A database of its own: with the whole schema or, if `empty`, with none. `drop` it when the test is over. */
export async function createTestDatabase({ empty = false } = {}): Promise<TestDatabase> {
  const server = await takeServer()
  const database = `test_${randomBytes(8).toString('hex')}`
  await administer(
    server,
    `create database ${database} template ${empty ? 'template0' : templateName}`,
  )
  const address = { ...server, database }
  const db = openDatabase({ address, poolSize, prepared: true, ...(!empty && { limits: patient }) })
  return {
    db,
    address,
    async drop() {
      await db.end()
      await administer(server, `drop database ${database} with (force)`)
      await giveServer()
    },
  }
}

// The one server of a process that was started without a test runner, and how many databases hold it.
const own: { server: Promise<TestPostgres> | undefined; holders: number } = {
  server: undefined,
  holders: 0,
}

async function takeServer(): Promise<DatabaseAddress> {
  const given = process.env.SIGNET_TEST_POSTGRES
  if (given !== undefined) return JSON.parse(given) as DatabaseAddress
  own.holders++
  own.server ??= startOwnServer()
  return (await own.server).address
}

async function giveServer(): Promise<void> {
  if (own.server === undefined || --own.holders > 0) return
  const server = own.server
  own.server = undefined
  await (await server).stop()
}

async function startOwnServer(): Promise<TestPostgres> {
  const directory = mkdtempSync(join(tmpdir(), 'signet-test-'))
  const remove = () => rmSync(directory, { recursive: true, force: true })
  try {
    const server = await startTestPostgres(directory)
    return { address: server.address, stop: () => server.stop().finally(remove) }
  } catch (error) {
    remove()
    throw error
  }
}
