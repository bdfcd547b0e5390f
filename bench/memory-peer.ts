/**
 * What is measured against oidc-provider with its own memory: the work of a server per processor second, while it is asked over the
 * same number of connections.
 */

import type { Child } from './child.ts'
import type { Finding } from './finding.ts'
import { httpContender } from './load/http-contender.ts'
import type { HttpRequest } from './load/http-message.ts'
import { type Contender, median, ratePerCpu, ratios, type Slice } from './slices.ts'

export const ourName = 'Signet'
export const peerName = 'oidc-provider'
export const connections = 32

/** One of the two, asked these requests in turn. */
export function besidePeer(
  load: Child,
  { name, origin, pid }: { name: string; origin: string; pid: number },
  requests: HttpRequest[],
): Contender {
  return httpContender(load, { name, origin, pids: [pid], requests, connections, awake: true })
}

/** How much more of something is done here. `under` says what beside the connections the figure depends on. */
export function againstPeer(
  series: Map<string, Slice[]>,
  {
    done,
    goal,
    under = [],
  }: { done: string; goal?: NonNullable<Finding['goal']>; under?: readonly string[] },
): Finding {
  const [ours, theirs] = [series.get(ourName) ?? [], series.get(peerName) ?? []]
  const rounds = ratios(ours, theirs, ratePerCpu)
  const byTheClock = median(ratios(ours, theirs)).toFixed(2)
  const conditions = [`${connections} connections`, ...under].join(', ')
  return {
    what: `${done} per processor second against ${peerName} in memory`,
    unit: 'x',
    ...(goal !== undefined && { goal }),
    measured: median(rounds),
    rounds,
    detail: `${perCpu(ours)} against ${perCpu(theirs)}; by the clock ${byTheClock}x; ${conditions}`,
  }
}

/** What was done per processor second, in whole numbers. */
export function perCpu(slices: readonly Slice[]): string {
  return median(slices.map(ratePerCpu)).toFixed(0)
}
