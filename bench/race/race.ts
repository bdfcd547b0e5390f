/**
 * One single-use thing, used many times at once, again and again: what must hold is checked after every round.
 *
 * A race is a file in this folder that answers a `Race`, added to the table in `races.ts`.
 */

import { type Random, randomOf } from '../random.ts'
import type { World } from './world.ts'

export interface Race {
  name: string
  /** What is used at once, and what must come of it. */
  about: string
  /** Rounds of a full run. */
  rounds: number
  /** Makes what all rounds share; the function plays one round. */
  prepare(world: World): Promise<(random: Random) => Promise<Round>>
}

/** What came of one round. */
export interface Round {
  /** How often each outcome was seen, such as { refused: 49 }. */
  counts: Record<string, number>
  /** A sentence for each thing that must not be; empty where the round held. */
  violations: string[]
}

export interface RaceResult {
  name: string
  about: string
  rounds: number
  seconds: number
  /** Calls that got no answer and were repeated: an instance or its database was busy. */
  retried: number
  counts: Record<string, number>
  violations: string[]
}

export interface RaceOptions {
  /** Left out, each race has its own number. */
  rounds?: number | undefined
  seed: number
  progress(message: string): void
}

const violationsMax = 20
const progressEveryMs = 5_000

/** Plays all rounds of a race. What a round does depends on the seed, the race and the rounds before it. */
export async function runRace(
  world: World,
  race: Race,
  { rounds = race.rounds, seed, progress }: RaceOptions,
): Promise<RaceResult> {
  const random = randomOf(seed, race.name)
  const startedAt = performance.now()
  const retriedBefore = world.retried()
  const counts: Record<string, number> = {}
  const violations: string[] = []
  const play = await race.prepare(world)
  let played = 0
  let toldAt = startedAt
  while (played < rounds && violations.length < violationsMax) {
    const round = await play(random)
    played += 1
    for (const [what, count] of Object.entries(round.counts))
      counts[what] = (counts[what] ?? 0) + count
    violations.push(...round.violations.map((sentence) => `round ${played}: ${sentence}`))
    if (performance.now() - toldAt < progressEveryMs) continue
    toldAt = performance.now()
    progress(`${played} of ${rounds} rounds`)
  }
  return {
    name: race.name,
    about: race.about,
    rounds: played,
    seconds: (performance.now() - startedAt) / 1000,
    retried: world.retried() - retriedBefore,
    counts,
    violations,
  }
}

/** The sentences of those conditions that do not hold. */
export function broken(conditions: Record<string, boolean>): string[] {
  return Object.entries(conditions).flatMap(([sentence, holds]) => (holds ? [] : [sentence]))
}
