/** Visits every state that can be reached, breadth first, so that the first broken promise has a shortest story. */

import { promises, type Step } from './promises.ts'
import { type Action, actionsIn, type Behaviour, type Holder, step, type World } from './world.ts'

export interface Exploration {
  states: number
  steps: number
  /** The first promise that was broken, and what led to it. */
  violation: { promise: string; story: string[] } | undefined
}

interface Visit {
  world: World
  by: Action | undefined
  from: Visit | undefined
}

/** The model is meant to be small: a start that leads to more states is a mistake in its bounds. */
const statesMax = 300_000

/** Explores from this state until every state is visited or one of the watched promises is broken. */
export function explore(
  behaviour: Behaviour,
  start: World,
  watched: readonly string[] = Object.keys(promises),
): Exploration {
  const visited = new Set([keyOf(start)])
  const queue: Visit[] = [{ world: start, by: undefined, from: undefined }]
  let steps = 0
  for (let head = 0; head < queue.length; head++) {
    const visit = queue[head]
    if (visit === undefined) break
    for (const action of actionsIn(visit.world)) {
      const taken = step(behaviour, visit.world, action)
      if (taken === undefined) continue
      steps++
      const next = { world: taken.world, by: action, from: visit }
      const promise = firstBroken(watched, {
        before: visit.world,
        action,
        after: taken.world,
        outcome: taken.outcome,
      })
      if (promise !== undefined) {
        return { states: visited.size, steps, violation: { promise, story: storyOf(next) } }
      }
      const key = keyOf(taken.world)
      if (visited.has(key)) continue
      visited.add(key)
      queue.push(next)
    }
    if (visited.size > statesMax) throw new Error(`more than ${statesMax} states: bound the model`)
  }
  return { states: visited.size, steps, violation: undefined }
}

function firstBroken(watched: readonly string[], taken: Step): string | undefined {
  for (const name of watched) if (promises[name]?.(taken) === false) return name
  return undefined
}

function storyOf(visit: Visit): string[] {
  const story: string[] = []
  for (let each: Visit | undefined = visit; each?.by !== undefined; each = each.from) {
    story.unshift(Object.values(each.by).join(' '))
  }
  return story
}

/** Equal for states that differ only in which of two holders of one kind is called which. */
function keyOf({ grant, storage, holders, position, cut, left, seen }: World): string {
  const row = `${grant.generation},${grant.rotatedAgo},${grant.windowOpenedAgo},${grant.confirmedGeneration},${grant.ended}`
  const history = `${seen.replacedAgo.join()};${seen.successorGivenAgo.join()};${seen.proven},${seen.reuses},${seen.newestAccessRev},${seen.disturbed}`
  const budget = `${left.revocations}${left.crashes}${left.losses}${left.restores}`
  return `${row}|${storage},${position},${cut}|${history}|${budget}|${holders.map(holderKey).sort().join()}`
}

function holderKey({ kind, copy, request, answer }: Holder): string {
  const sent = request && `${request.generation}${request.position}${request.aliveAbove}`
  return `${kind}${copy}:${sent}:${answer && `${answer.presented}${answer.generation}`}`
}
