/** Chance that can be repeated: the same seed makes the same choices in the same order. */

export interface Random {
  /** From 0 up to, and without, 1. */
  next(): number
  /** A whole number from 0 up to, and without, `end`. */
  below(end: number): number
  chance(probability: number): boolean
  /** The same values in another order. */
  shuffled<T>(values: readonly T[]): T[]
}

/** The generator of this seed and label; labels keep parts of a run apart, so that one does not shift the other. */
export function randomOf(seed: number, label: string): Random {
  let state = [...label].reduce((mixed, letter) => mix(mixed ^ letter.charCodeAt(0)), mix(seed))
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    return (mix(state) >>> 0) / 2 ** 32
  }
  const below = (end: number) => Math.floor(next() * end)
  return {
    next,
    below,
    chance: (probability) => next() < probability,
    shuffled(values) {
      const left = [...values]
      return values.map(() => left.splice(below(left.length), 1)[0] as (typeof values)[number])
    },
  }
}

/** A seed for a run that was given none; printed, so that the run can be repeated. */
export function anySeed(): number {
  return Math.floor(Math.random() * 2 ** 31)
}

/** Spreads every bit of a 32-bit number over all others (the finalizer of MurmurHash3). */
function mix(value: number): number {
  let mixed = value | 0
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
