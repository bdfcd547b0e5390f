/** What a benchmark found: one figure, the goal it is held against, and what lies behind it. */

import type { SliceOptions } from './slices.ts'

export type Unit = 'x' | 'ms' | 's' | 'MB' | 'kB' | '/s' | ''

export interface Finding {
  /** What was measured, in a few words. */
  what: string
  unit: Unit
  measured: number
  /** Without a goal the figure is for information. */
  goal?: { atLeast: number } | { atMost: number }
  /** The same figure for each round, so that a reader sees how much it varies. */
  rounds: number[]
  /** The absolute figures behind it, and the parameters. */
  detail: string
}

/** One benchmark. Throws when what it measures did not work: a figure about failures would mislead. */
export interface Subject {
  name: string
  about: string
  run(options: SliceOptions): Promise<Finding[]>
}

/** Whether the goal is met; undefined where there is none. */
export function isMet({ goal, measured }: Finding): boolean | undefined {
  if (goal === undefined) return undefined
  return 'atLeast' in goal ? measured >= goal.atLeast : measured <= goal.atMost
}
