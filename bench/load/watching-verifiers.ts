/**
 * Many verifiers in one process, each with a connection to the feed of its own, that watch one token: first that all of them
 * accept it, then when each of them refuses it for the first time; runs as a child.
 *
 * A token is tried every other millisecond, so a moment is late by that much at the most, never early.
 */

import { setTimeout } from 'node:timers/promises'
import {
  createVerifier,
  type VerificationError,
  type Verifier,
  type VerifierOptions,
} from '../../packages/verifier/src/index.ts'
import { answerParent } from '../child.ts'

export type WatchQuestion =
  | { open: Pick<VerifierOptions, 'issuer' | 'audience' | 'client'>; urls: string[] }
  | { accept: string }
  | { awaitRefusal: string }

const triesEveryMs = 2
const patienceMs = 120_000
/** Long, so that a busy machine shows as a delay and not as a refusal. */
const stalenessBudgetSeconds = 60

const verifiers: Verifier[] = []

answerParent(async (question: WatchQuestion) => {
  if ('awaitRefusal' in question) return awaitRefusal(question.awaitRefusal)
  if ('accept' in question) await accept(question.accept)
  else await open(question.open, question.urls)
})

/** One verifier for each url, which is where it reads the feed. */
async function open(options: VerifierOptions, urls: readonly string[]): Promise<void> {
  const common = { ...options, stalenessBudgetSeconds, name: 'bench' }
  for (const url of urls) verifiers.push(createVerifier({ ...common, url }))
  await Promise.all(verifiers.map((verifier) => verifier.ready({ timeoutMs: patienceMs })))
}

async function accept(token: string): Promise<void> {
  await Promise.all(verifiers.map((verifier) => verifier.verify(token)))
}

/** For each verifier the moment of its first refusal, by the clock that the processes of a machine share. */
async function awaitRefusal(token: string): Promise<number[]> {
  const end = performance.now() + patienceMs
  const moments: number[] = []
  let waiting: readonly Verifier[] = verifiers
  while (waiting.length > 0) {
    const accepting = await Promise.all(waiting.map((verifier) => accepts(verifier, token)))
    const still = waiting.filter((_, index) => accepting[index])
    const now = monotonicMs()
    for (let n = still.length; n < waiting.length; n += 1) moments.push(now)
    waiting = still
    if (performance.now() > end) {
      throw new Error(`${still.length} verifiers accept it ${patienceMs} ms later`)
    }
    if (still.length > 0) await setTimeout(triesEveryMs)
  }
  return moments
}

/** Throws where it is refused for anything but its revocation. */
async function accepts(verifier: Verifier, token: string): Promise<boolean> {
  try {
    await verifier.verify(token)
    return true
  } catch (error) {
    if ((error as VerificationError).reason === 'revoked') return false
    throw error
  }
}

function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
