/**
 * Joins callers who come at the same moment, so that one statement or one transaction serves all of them: a round trip
 * and a commit cost more than most of what is done in them.
 *
 * 1. The first caller waits for the rest of this turn of the event loop, no longer. Who comes meanwhile comes along.
 * 2. `run` answers each item at its place. What goes wrong for one of them is an answer, not an error.
 * 3. A batch that fails as a whole is run again, each item alone: nobody is refused for somebody else's trouble. Where the
 *    database is away, nobody would be served, and all are refused.
 *
 * Errors: what `run` throws for an item alone.
 */

import { SignetError } from '../errors.ts'

interface Waiting<Item, Answer> {
  item: Item
  resolve(answer: Answer): void
  reject(error: unknown): void
}

/** The way into batches of at most `max` items. `run` answers as many items as it is given, in their order. */
export function openBatch<Item, Answer>(
  run: (items: readonly Item[]) => Promise<readonly Answer[]>,
  max: number,
): (item: Item) => Promise<Answer> {
  let waiting: Waiting<Item, Answer>[] = []

  async function serve(batch: readonly Waiting<Item, Answer>[]): Promise<void> {
    try {
      const answers = await run(batch.map(({ item }) => item))
      for (const [place, { resolve }] of batch.entries()) resolve(answers[place] as Answer)
    } catch (error) {
      const alone = batch.length === 1 || error instanceof SignetError
      if (alone) for (const { reject } of batch) reject(error)
      else await Promise.all(batch.map((each) => serve([each])))
    }
  }

  function depart(): void {
    const batch = waiting
    waiting = []
    if (batch.length > 0) void serve(batch)
  }

  return (item) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) setImmediate(depart)
      waiting.push({ item, resolve, reject })
      if (waiting.length === max) depart()
    })
}
