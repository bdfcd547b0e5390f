/** Calls of all kinds for some seconds, either as fast as they are answered or so many each second, whatever the answers. */

import { NoAnswer, NotSent } from './connections.ts'
import { TooBusy, type Verdict, Wrong } from './judge.ts'
import { anyKind, type Kind } from './kinds.ts'
import type { Scene } from './scene.ts'

/** What came of the calls of a phase. */
export interface Tally {
  kinds: Map<string, KindTally>
  /** One for each answer that is wrong or did not come; the first of them. */
  sentences: string[]
  /** For which calls were begun. */
  seconds: number
  /** From the first beginning to the last answer. */
  allSeconds: number
  /** Of every call that was sent, in the order of their ends. */
  ends: { atMs: number; tookMs: number; verdict: Verdict }[]
}

export interface KindTally {
  verdicts: Record<Verdict, number>
  /** Of right answers. */
  latenciesMs: number[]
}

const sentencesMax = 50

export function openTally(): Tally {
  return { kinds: new Map(), sentences: [], seconds: 0, allSeconds: 0, ends: [] }
}

/** How many calls of all kinds ended so. */
export function countOf({ kinds }: Tally, ...verdicts: readonly Verdict[]): number {
  let count = 0
  for (const kind of kinds.values()) for (const verdict of verdicts) count += kind.verdicts[verdict]
  return count
}

/** So many callers, each of whom asks again as soon as there is an answer. */
export async function askInTurn(
  scene: Scene,
  { callers, seconds }: { callers: number; seconds: number },
): Promise<Tally> {
  const tally = openTally()
  const startedAt = performance.now()
  const deadline = startedAt + seconds * 1000
  const callInTurn = async () => {
    while (performance.now() < deadline) await judge(scene, anyKind(scene), tally)
  }
  await Promise.all(Array.from({ length: callers }, callInTurn))
  tally.seconds = (performance.now() - startedAt) / 1000
  tally.allSeconds = tally.seconds
  return tally
}

const tickMs = 4

/** So many calls each second, spread evenly, whether or not those before are answered. Resolves when all are. */
export async function askSteadily(
  scene: Scene,
  { perSecond, seconds }: { perSecond: number; seconds: number },
): Promise<Tally> {
  const tally = openTally()
  const startedAt = performance.now()
  const running = new Set<Promise<void>>()
  let begun = 0
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const elapsed = Math.min((performance.now() - startedAt) / 1000, seconds)
      for (const due = Math.floor(elapsed * perSecond); begun < due; begun++) {
        const call = judge(scene, anyKind(scene), tally).finally(() => running.delete(call))
        running.add(call)
      }
      if (elapsed < seconds) return
      clearInterval(timer)
      resolve()
    }, tickMs)
  })
  tally.seconds = (performance.now() - startedAt) / 1000
  await Promise.all(running)
  tally.allSeconds = (performance.now() - startedAt) / 1000
  return tally
}

/** Makes one call and counts it. Never rejects, but for a fault of the harness. */
async function judge(scene: Scene, kind: Kind, tally: Tally): Promise<void> {
  const startedAt = performance.now()
  const verdict = await kind.run(scene).then(
    (): Verdict => 'right',
    (error: unknown) => {
      const bad = verdictOf(error)
      if (bad === 'wrong' || bad === 'unanswered') report(tally, `${kind.name}: ${error}`)
      return bad
    },
  )
  const atMs = performance.now()
  const tookMs = atMs - startedAt
  const counted = tallyOf(tally, kind)
  counted.verdicts[verdict] += 1
  if (verdict === 'right') counted.latenciesMs.push(tookMs)
  if (verdict !== 'unsent') tally.ends.push({ atMs, tookMs, verdict })
}

function verdictOf(error: unknown): Verdict {
  if (error instanceof TooBusy) return 'refused'
  if (error instanceof Wrong) return 'wrong'
  if (error instanceof NoAnswer) return 'unanswered'
  if (error instanceof NotSent) return 'unsent'
  throw error
}

function tallyOf({ kinds }: Tally, { name }: Kind): KindTally {
  let counted = kinds.get(name)
  if (counted === undefined) {
    const verdicts = { right: 0, refused: 0, wrong: 0, unanswered: 0, unsent: 0 }
    counted = { verdicts, latenciesMs: [] }
    kinds.set(name, counted)
  }
  return counted
}

function report({ sentences }: Tally, sentence: string): void {
  if (sentences.length < sentencesMax) sentences.push(sentence)
}
