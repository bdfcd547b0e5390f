/** A wire that loses answers: the service has done what it was asked, and the caller never hears of it. */

import type { Random } from '../random.ts'
import { Refused, type Wire } from '../wires.ts'

/** The same wire, on which an answer is lost with this probability. */
export function lossyWire(wire: Wire, random: Random, probability: number): Wire {
  return {
    ...wire,
    async call(method, call) {
      const answer = await wire.call(method, call)
      if (random.chance(probability)) throw new Refused('UNREACHABLE')
      return answer
    },
  }
}
