/**
 * A sealer in a process of its own. Arguments: the database address as JSON, the batch size. Prints a line when the end
 * of the chain moved; ends at SIGTERM.
 */

import { openDatabase } from '../../db/database.ts'
import { startSealer } from '../sealer.ts'
import { log, masterSecret } from './event-log.ts'

const [address = '', batchSize = ''] = process.argv.slice(2)
const db = openDatabase({ address: JSON.parse(address), poolSize: 2, prepared: true })
const sealer = startSealer({ db, masterSecret, log }, { batchSize: Number(batchSize), pollMs: 1 })
const stopping = new AbortController()
process.once('SIGTERM', () => stopping.abort())
for (let seq = -1n; !stopping.signal.aborted; ) {
  await sealer.feed.sealedAfter(seq, stopping.signal)
  seq = sealer.state().seq
  process.stdout.write(`${seq}\n`)
}
await sealer.stop()
await db.end()
