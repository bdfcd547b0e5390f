/**
 * A mixed load on the real service for minutes, then ten times what it takes, then the load of before; every answer is checked.
 *
 * 1. Warm up with as many callers as keep the service busy all the time, and count what it takes.
 * 2. Steady: half of that, for the minutes that were asked for. Every answer must be right. Meanwhile memory, open files and
 *    connections are looked at, and how late the event loop is.
 * 3. Overload: ten times what it takes. Answers must be right, or ask to come back with 429 or 503 and Retry-After.
 * 4. Afterwards the steady load again. Within ten seconds nothing is refused any more, and answers come as before.
 */

import { randomOf } from '../random.ts'
import type { EventLoopDelay } from '../server/event-loop-probe.ts'
import { type OwnPostgres, startOwnPostgres } from '../server/own-postgres.ts'
import { type SignetProcess, startSignet } from '../server/signet-process.ts'
import { percentile } from '../slices.ts'
import { openConnections } from './connections.ts'
import { askInTurn, askSteadily, countOf, type Tally } from './load.ts'
import { openScene, type Scene, soakSettings } from './scene.ts'
import { growthPerMinute, type Sample, startWatch, type Watch } from './watch.ts'

export interface SoakOptions {
  steadySeconds: number
  /** Also of the time before, in which the service is kept busy. */
  overloadSeconds: number
  afterwardsSeconds: number
  accounts: number
  /** From callers to the service, at once. */
  connectionsMax: number
  seed: number
  progress(message: string): void
}

export interface Phase {
  name: 'steady' | 'overload' | 'afterwards'
  /** Calls that were offered each second. */
  perSecond: number
  tally: Tally
  samples: readonly Sample[]
  eventLoop: EventLoopDelay
  /** Megabytes of JavaScript, all garbage collected, before and after; of an overload, when it is over. */
  heapMb: { before: number; after: number }
}

export interface SoakResult {
  /** Calls per second that the service takes. */
  capacity: number
  phases: readonly Phase[]
  /** Of resident memory while the load is steady, in megabytes per minute. */
  growthPerMinute: number
  /** After the end of the overload; undefined where it did not happen while it was looked at. */
  backToNormalSeconds: number | undefined
  /** What does not hold, a sentence each; how fast anything was is not among it. */
  sentences: string[]
  seconds: number
}

export const overloadFactor = 10
export const backToNormalMaxSeconds = 10
/** Of resident memory at the worst: of what may run and wait at once, with all that it holds. */
export const residentMaxMb = 768
const busyCallers = 64

export async function runSoak(options: SoakOptions): Promise<SoakResult> {
  const startedAt = performance.now()
  const own = await startOwnPostgres()
  try {
    const settings = { ...own.settings, ...soakSettings, SIGNET_DATA_DIR: own.dataDir }
    const signet = await startSignet(own.dataDir, { watched: true, settings })
    const connections = openConnections(signet.origin, options.connectionsMax)
    try {
      const random = randomOf(options.seed, 'soak')
      const { accounts } = options
      const scene = await openScene({ own, settings, signet, connections, random, accounts })
      const result = await runPhases({ own, signet, scene }, options)
      return { ...result, seconds: (performance.now() - startedAt) / 1000 }
    } finally {
      connections.close()
      await signet.stop()
    }
  } finally {
    await own.stop()
  }
}

interface Place {
  own: OwnPostgres
  signet: SignetProcess
  scene: Scene
}

async function runPhases(place: Place, options: SoakOptions): Promise<Omit<SoakResult, 'seconds'>> {
  const { steadySeconds, overloadSeconds, afterwardsSeconds, progress } = options
  const busy = { callers: busyCallers, seconds: overloadSeconds }
  const warmUp = await askInTurn(place.scene, busy)
  const tally = await askInTurn(place.scene, busy)
  const capacity = countOf(tally, 'right') / tally.seconds
  progress(`it takes ${capacity.toFixed(0)} calls a second`)
  const half = capacity / 2

  const steady = await runPhase(place, 'steady', { perSecond: half, seconds: steadySeconds })
  progress(`steady: ${countOf(steady.tally, 'right')} right answers`)
  const tenfold = { perSecond: capacity * overloadFactor, seconds: overloadSeconds }
  const overload = await runPhase(place, 'overload', tenfold)
  const overAtMs = performance.now()
  progress(`overload: ${countOf(overload.tally, 'refused')} refusals`)
  const after = { perSecond: half, seconds: afterwardsSeconds }
  const afterwards = await runPhase(place, 'afterwards', after)

  const result = {
    capacity,
    phases: [steady, overload, afterwards],
    growthPerMinute: growthPerMinute(steady.samples),
    backToNormalSeconds: backToNormal(afterwards.tally, steady.tally, overAtMs),
  }
  const sentences = [...warmUp.sentences, ...tally.sentences, ...sentencesOf(result, place.signet)]
  return { ...result, sentences }
}

async function runPhase(
  { own, signet, scene }: Place,
  name: Phase['name'],
  load: { perSecond: number; seconds: number },
): Promise<Phase> {
  // A collection takes a moment, which is none of those that are measured; the time after an overload is.
  const before = name === 'afterwards' ? Number.NaN : await signet.collectedHeapMb()
  await signet.resetEventLoop()
  const watch: Watch = startWatch(own, signet)
  const tally = await askSteadily(scene, load)
  await watch.stop()
  const eventLoop = await signet.readEventLoop()
  const after = name === 'overload' ? Number.NaN : await signet.collectedHeapMb()
  const { samples } = watch
  return { name, perSecond: load.perSecond, tally, samples, eventLoop, heapMb: { before, after } }
}

/**
 * Whole seconds until everything is answered right, and the middle answer takes no longer than twice the time of before, or a
 * tenth of a second; undefined where that is not so in the last second that was looked at.
 */
function backToNormal(after: Tally, before: Tally, fromMs: number): number | undefined {
  const usual = percentile(tookOf(before), 0.5)
  let normalFrom = 0
  const seconds = Math.floor(after.seconds)
  for (let second = 0; second < seconds; second++) {
    const ends = after.ends.filter(({ atMs }) => Math.floor((atMs - fromMs) / 1000) === second)
    const allRight = ends.length > 0 && ends.every(({ verdict }) => verdict === 'right')
    const took = percentile(
      ends.map(({ tookMs }) => tookMs),
      0.5,
    )
    if (!allRight || took > Math.max(2 * usual, 100)) normalFrom = second + 1
  }
  return normalFrom < seconds ? normalFrom : undefined
}

function tookOf({ ends }: Tally): number[] {
  return ends.map(({ tookMs }) => tookMs)
}

/** What does not hold. */
function sentencesOf({ phases }: { phases: readonly Phase[] }, signet: SignetProcess): string[] {
  const sentences = phases.flatMap(({ name, tally }) =>
    tally.sentences.map((sentence) => `${name}: ${sentence}`),
  )
  if (signet.hasEnded()) sentences.push('the service has ended')
  const worst = Math.max(...phases.flatMap(({ samples }) => samples.map((s) => s.residentMb)))
  if (worst > residentMaxMb)
    sentences.push(`the service took ${worst.toFixed(0)} MB, more than ${residentMaxMb}`)
  return sentences
}

/** Whether the service was back to normal in time. */
export function recovered({ backToNormalSeconds }: SoakResult): boolean {
  return backToNormalSeconds !== undefined && backToNormalSeconds <= backToNormalMaxSeconds
}
