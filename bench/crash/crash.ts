/**
 * Many people use the service while it and its Postgres are killed, again and again; then everything is held against
 * what they were told.
 *
 * 1. Start a Postgres and one instance, whose window is a few seconds, so that rotations are many and restarts can
 *    outlast it.
 * 2. People live (`person.ts`) until the rotations are done and every blow of the schedule has fallen.
 * 3. A killed service is started again at the same address, a killed Postgres by its supervisor.
 * 4. Each person refreshes once more, and the checker (`check.ts`) looks at the history, the rows and the chain.
 */

import { type Random, randomOf } from '../random.ts'
import { type OwnPostgres, rowsOf, startOwnPostgres } from '../server/own-postgres.ts'
import { type SignetProcess, startSignet } from '../server/signet-process.ts'
import { type Wire, wiresOf } from '../wires.ts'
import { checkHistory } from './check.ts'
import { GaveUp, type Reach, sleep } from './device.ts'
import { type Counts, type History, openHistory, type Wrong } from './history.ts'
import { lossyWire } from './lossy-wire.ts'
import { type Life, live } from './person.ts'
import { type ScheduledBlow, scheduleOf } from './schedule.ts'

export interface CrashOptions {
  rotations: number
  kills: number
  postgresKills: number
  seed: number
  people: number
  windowSeconds: number
  /** How much oftener than usual answers are lost, and people do something else than refresh; left out, no oftener. */
  restlessness?: number
  progress(message: string): void
}

export interface CrashResult {
  counts: Counts & { kills: number; postgresKills: number; events: number; sessions: number }
  seconds: number
  /** Seconds from a blow until its victim was back, the longest. */
  longestOutage: number
  totals: Record<Wrong, number>
  /** What is wrong, a sentence each. */
  sentences: string[]
}

/** Answers that are lost on the way although nothing is killed. */
const lossProbability = 0.03

/** People come one after the other: each sign-up and each sign-in costs a password hash. */
const arrivalEveryMs = 40

/** Enough is known then, and the run ends early. */
const wrongsMax = 200

/** The service, which is a new process after each kill, always at the same address. */
interface Service {
  current: SignetProcess
  start(): Promise<SignetProcess>
}

export async function runCrash(options: CrashOptions): Promise<CrashResult> {
  const own = await startOwnPostgres()
  try {
    return await runOver(own, options)
  } finally {
    await own.stop()
  }
}

async function runOver(own: OwnPostgres, options: CrashOptions): Promise<CrashResult> {
  const startedAt = performance.now()
  const service = await startService(own, options)
  const wires = wiresOf(service.current.origin)
  const history = openHistory()
  try {
    const { longestOutage, lives } = await liveThrough({ own, service, wires, history }, options)
    await Promise.all(lives.map(endLife))
    const reach = reachOf({ wires, history }, options, 'afterwards')
    const found = await checkHistory({ own, reach, lives })
    const { kills, postgresKills } = options
    return {
      counts: { ...history.counts, kills, postgresKills, ...found },
      seconds: (performance.now() - startedAt) / 1000,
      longestOutage,
      totals: totalsOf(history),
      sentences: history.wrongs.map(({ wrong, sentence }) => `${wrong}: ${sentence}`),
    }
  } finally {
    for (const wire of wires) wire.close()
    await service.current.stop()
  }
}

async function startService(own: OwnPostgres, { windowSeconds }: CrashOptions): Promise<Service> {
  const settings: Record<string, string> = {
    ...own.settings,
    SIGNET_REFRESH_WINDOW_SECONDS: String(windowSeconds),
    // Long enough that what is refused at the end was revoked, not expired.
    SIGNET_ACCESS_TOKEN_LIFETIME_SECONDS: '900',
    SIGNET_PASSWORD_HASH_QUEUE_MAX: '1000',
  }
  const start = () => startSignet(own.dataDir, { settings })
  const current = await start()
  settings.SIGNET_HTTP_ADDRESS = new URL(current.origin).host
  return { current, start }
}

interface Scene {
  own: OwnPostgres
  service: Service
  wires: readonly Wire[]
  history: History
}

/** Everybody lives until the work is done and the last blow has fallen. */
async function liveThrough(
  scene: Scene,
  options: CrashOptions,
): Promise<{ longestOutage: number; lives: Life[] }> {
  const { counts } = scene.history
  const blows = scheduleOf(randomOf(options.seed, 'schedule'), options)
  let struck = false
  let ended = false
  const over = () =>
    ended ||
    scene.history.wrongs.length > wrongsMax ||
    (struck && counts.rotations >= options.rotations)
  const lives = Array.from({ length: options.people }, (): Life => ({ over, last: undefined }))
  const everybody = lives.map(async (life, i) => {
    await sleep(i * arrivalEveryMs)
    await live(reachOf(scene, options, `person ${i}`), life)
  })
  const striking = strike(scene, blows, { ...options, over }).finally(() => {
    struck = true
  })
  const [longestOutage] = await Promise.all([striking, ...everybody]).finally(() => {
    ended = true
  })
  return { longestOutage, lives }
}

function reachOf(
  { wires, history }: Pick<Scene, 'wires' | 'history'>,
  { seed, windowSeconds, restlessness = 1 }: CrashOptions,
  label: string,
): Reach {
  const random: Random = randomOf(seed, label)
  const lossy = wires.map((wire) => lossyWire(wire, random, lossProbability * restlessness))
  return { wires: lossy, history, random, windowMs: windowSeconds * 1000, restlessness }
}

/** Lets the blows fall, each once its work is done and the victim of the one before is back; the longest outage. */
async function strike(
  scene: Scene,
  blows: readonly ScheduledBlow[],
  { rotations, progress, over }: CrashOptions & Pick<Life, 'over'>,
): Promise<number> {
  const { counts } = scene.history
  let longest = 0
  for (const [i, blow] of blows.entries()) {
    while (counts.rotations < blow.afterRotations && !over()) await sleep(20)
    if (over()) return longest
    await sleep(blow.delayMs)
    const fellAt = performance.now()
    await (blow.victim === 'service' ? killService(scene) : endPostgres(scene, blow))
    const outage = (performance.now() - fellAt) / 1000
    longest = Math.max(longest, outage)
    progress(
      `${counts.rotations}/${rotations} rotations  ${i + 1}/${blows.length} ${blow.victim}: ${blow.how}, back after ${outage.toFixed(1)} s`,
    )
  }
  return longest
}

async function killService({ service }: Scene): Promise<void> {
  await service.current.kill()
  service.current = await service.start()
}

/** SIGKILL of the postmaster, or the immediate stop (SIGQUIT): either way it recovers from its log when it starts again. */
async function endPostgres({ own, service }: Scene, { how }: ScheduledBlow): Promise<void> {
  const pid = own.postgres.pid
  process.kill(pid, how === 'kill' ? 'SIGKILL' : 'SIGQUIT')
  const deadline = performance.now() + 120_000
  while (own.postgres.pid === pid || !(await answers(own))) {
    if (performance.now() > deadline) throw new Error('Postgres does not come back')
    await sleep(50)
  }
  if (service.current.hasEnded()) throw new Error('the service ended with its Postgres')
}

function answers({ db }: OwnPostgres): Promise<boolean> {
  return rowsOf(db, 'select 1').then(
    () => true,
    () => false,
  )
}

/** Whoever is signed in refreshes once more, and then holds what the row holds. */
async function endLife(life: Life): Promise<void> {
  try {
    await life.last?.refresh()
    await life.last?.settled()
  } catch (error) {
    if (!(error instanceof GaveUp)) throw error
    life.last = undefined
  }
}

function totalsOf({ wrongs }: History): Record<Wrong, number> {
  const totals = { lost: 0, doubled: 0, revived: 0, stuck: 0 }
  for (const { wrong } of wrongs) totals[wrong] += 1
  return totals
}
