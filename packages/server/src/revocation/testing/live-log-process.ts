/**
 * An instance's memory of the revocation log, in a process of its own. Arguments: the database address as JSON, the
 * address to listen at, and the milliseconds between two readings. Prints "ready" once it listens, or at once where it
 * cannot; then, for each position on a line of standard input, that position once it was applied. Ends with its input.
 */

import { createInterface } from 'node:readline'
import { openDatabase } from '../../db/database.ts'
import { createLogger } from '../../operations/log.ts'
import { openLiveLog } from '../live-log.ts'

const [address = '', directAddress = '', netMs = ''] = process.argv.slice(2)
const db = openDatabase({ address: JSON.parse(address), poolSize: 2, prepared: true })
const live = await openLiveLog(
  { db, log: createLogger({ level: 'silent', format: 'json' }) },
  {
    directAddress: JSON.parse(directAddress),
    tokenLifetimeSeconds: 300,
    netMs: Number(netMs),
  },
)
const canListen = address === directAddress
while (canListen && !live.state().listening) await new Promise((resolve) => setImmediate(resolve))
process.stdout.write('ready\n')
for await (const line of createInterface({ input: process.stdin })) {
  await live.applied(BigInt(line), new AbortController().signal)
  process.stdout.write(`${line}\n`)
}
await live.stop()
await db.end()
