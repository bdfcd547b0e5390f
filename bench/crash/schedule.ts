/** When what is killed: a seed decides. The clock of a schedule is the work done, so that every kill meets work. */

import type { Random } from '../random.ts'

/** `kill` is SIGKILL; `stop at once` is Postgres' immediate stop, which recovers as after a crash. */
export type Blow = { victim: 'service' | 'postgres'; how: 'kill' | 'stop at once' }

export type ScheduledBlow = Blow & {
  /** Rotations after which it falls. */
  afterRotations: number
  /** Milliseconds that it waits from then on, so that it falls anywhere within a call. */
  delayMs: number
}

export interface ScheduleOptions {
  rotations: number
  kills: number
  postgresKills: number
}

const delayMsMax = 250

/** All blows in the order in which they fall, none at the very beginning or after the end. */
export function scheduleOf(random: Random, options: ScheduleOptions): ScheduledBlow[] {
  const { rotations, kills, postgresKills } = options
  const blows: Blow[] = [
    ...Array.from({ length: kills }, () => ({ victim: 'service', how: 'kill' }) as const),
    ...Array.from({ length: postgresKills }, (_, i) => ({
      victim: 'postgres' as const,
      how: i % 2 === 0 ? ('kill' as const) : ('stop at once' as const),
    })),
  ]
  return random
    .shuffled(blows)
    .map((blow) => ({
      ...blow,
      afterRotations: Math.floor(rotations * (0.02 + 0.93 * random.next())),
      delayMs: random.below(delayMsMax),
    }))
    .toSorted((one, other) => one.afterRotations - other.afterRotations)
}
