/** The real service for tests of the client: a process of its own over a database that the test can look into. */

import { once } from 'node:events'
import { databaseEnvironment, eventually } from '../../../../tests/client.ts'
import { type OwnServer, startServer } from '../../../../tools/demo/own-server.ts'
import { createTestDatabase } from '../../../server/src/testing/database.ts'
import { runSql } from '../../../server/src/testing/statement.ts'

export interface TestService {
  url: string
  /** Makes every refresh window a thing of the past. */
  passWindows(): Promise<void>
  /** The generation of a session's grant, the one that is confirmed, and whether it has ended. */
  grantOf(sessionId: string): Promise<{ generation: number; confirmed: number; ended: boolean }>
  /** kill -9. */
  kill(): Promise<void>
  /** Starts again, at the same address. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/** Starts it; `settings` are environment variables of its own. */
export async function startService(settings: Record<string, string> = {}): Promise<TestService> {
  const { db, address, drop } = await createTestDatabase()
  const environment = { ...databaseEnvironment(address), ...settings }
  let server: OwnServer = await startServer(environment)
  const { url } = server
  const isRunning = () => server.child.exitCode === null && server.child.signalCode === null
  return {
    url,
    async passWindows() {
      const past = `rotated_at = rotated_at - interval '31 s', window_opened_at = window_opened_at - interval '31 s'`
      await runSql(db, `update grants set ${past}`)
    },
    async grantOf(sessionId) {
      const [row] = await runSql(
        db,
        'select generation, confirmed_generation, ended_at is not null from grants where session_id = $1',
        [sessionId],
      )
      const [generation, confirmed, ended] = row as [number, number, boolean]
      return { generation, confirmed, ended }
    },
    async kill() {
      server.child.kill('SIGKILL')
      await once(server.child, 'exit')
    },
    async restart() {
      const { host } = new URL(url)
      server = await startServer({ ...environment, SIGNET_HTTP_ADDRESS: host })
    },
    async stop() {
      if (isRunning()) await server.stop()
      await drop()
    },
  }
}

export { eventually }
