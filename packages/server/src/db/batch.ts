/**
 * Joins callers who come at the same moment, so that one statement or one transaction serves all of them: a round trip
 * and a commit cost more than most of what is done in them.
 *
 * 1. The first caller waits for the rest of this turn of the event loop, and where as many batches are at work as may be, for
 *    one of them to come back. Who comes meanwhile comes along: the busier it is, the larger are the batches.
 * 2. A batch that is at work for longer than `patienceMs` holds up nobody else any more.
 * 3. `run` answers each item at its place. What goes wrong for one of them is an answer, not an error.
 * 4. A batch that fails as a whole is run again, each item alone: nobody is refused for somebody else's trouble. Where the
 *    database is away, nobody would be served, and all are refused.
 *
 * Errors: what `run` throws for an item alone.
 */

import { SignetError } from '../errors.ts'
import { isConflict } from './unavailable.ts'

export interface BatchLimits<Item> {
  /** Items that one batch serves at the most. */
  max: number
  /** Batches at work at once; undefined: as many as it takes. */
  concurrent?: number
  /** Items of the same key are never at work at once: they are served one after the other. */
  keyOf?: (item: Item) => unknown
}

interface Waiting<Item, Answer> {
  item: Item
  resolve(answer: Answer): void
  reject(error: unknown): void
}

const patienceMs = 50

/** The way into batches. `run` answers as many items as it is given, in their order. */
export function openBatch<Item, Answer>(
  run: (items: readonly Item[]) => Promise<readonly Answer[]>,
  { max, concurrent = Number.POSITIVE_INFINITY, keyOf = () => ({}) }: BatchLimits<Item>,
): (item: Item) => Promise<Answer> {
  type Passenger = Waiting<Item, Answer> & { key: unknown }
  let waiting: Passenger[] = []
  let atWork = 0
  let departing = false
  const keysAtWork = new Set<unknown>()

  async function serve(batch: readonly Passenger[]): Promise<void> {
    try {
      const answers = await run(batch.map(({ item }) => item))
      for (const [place, { resolve }] of batch.entries()) resolve(answers[place] as Answer)
    } catch (error) {
      const away = error instanceof SignetError && !isConflict(error)
      if (batch.length === 1 || away) for (const { reject } of batch) reject(error)
      else await Promise.all(batch.map((each) => serve([each])))
    }
  }

  /** The first of those who wait, as many as can go together now. */
  function board(): Passenger[] {
    const batch: Passenger[] = []
    waiting = waiting.filter((each) => {
      if (batch.length === max || keysAtWork.has(each.key)) return true
      keysAtWork.add(each.key)
      batch.push(each)
      return false
    })
    return batch
  }

  async function travel(batch: readonly Passenger[]): Promise<void> {
    atWork += 1
    let counted = true
    const makeRoom = () => {
      if (counted) atWork -= 1
      counted = false
      depart()
    }
    const patience = setTimeout(makeRoom, patienceMs)
    await serve(batch)
    clearTimeout(patience)
    for (const { key } of batch) keysAtWork.delete(key)
    makeRoom()
  }

  function depart(): void {
    while (atWork < concurrent) {
      const batch = board()
      if (batch.length === 0) return
      void travel(batch)
    }
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, key: keyOf(item), resolve, reject })
      if (waiting.length === max) depart()
      // Also where somebody waits: that may be for one of the same key, which is nobody else's affair.
      if (departing) return
      departing = true
      setImmediate(() => {
        departing = false
        depart()
      })
    })
}
