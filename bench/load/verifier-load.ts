/**
 * A verifier in a process of its own, fed by an issuer over a real connection: checks for some seconds, one at a time; runs
 * as a child.
 *
 * - `cached`: tokens that are known;
 * - `uncached`: more tokens than are remembered, so that each one is verified anew;
 * - `feed part`: what of an uncached verification is there for the feed alone: the identifiers of the token are hashed and
 *   looked up.
 */

import { subscribe } from 'node:diagnostics_channel'
import { setImmediate } from 'node:timers/promises'
import { momentOf, systemClock } from '../../packages/verifier/src/clock.ts'
import { openFeedRevocations } from '../../packages/verifier/src/feed-revocations.ts'
import { openIdentifierHashes } from '../../packages/verifier/src/hashed-identifier.ts'
import { createVerifier, type Verifier } from '../../packages/verifier/src/index.ts'
import { createIssuerClient } from '../../packages/verifier/src/issuer-client.ts'
import type { Revocations } from '../../packages/verifier/src/revocations.ts'
import { megabytesInUse } from '../../packages/verifier/src/testing/collect-garbage.ts'
import { answerParent } from '../child.ts'
import type { Slice } from '../slices.ts'

export interface VerifierIssuer {
  issuer: string
  audience: string
  client: { id: string; secret: string }
}

export type VerifierWork = 'cached' | 'uncached' | 'feed part'

export type VerifierQuestion =
  | { connect: VerifierIssuer; tokens: string[] }
  | { work: VerifierWork; seconds: number }

/** What the child says once its view is whole. */
export interface VerifierReady {
  entries: number
  /** Of the table, as the verifier tells it. */
  tableMb: number
  /** By how much the memory in use grew, after a collection. */
  grownMb: number
}

/** A slice, and how many calls left the process meanwhile. */
export interface VerifierSlice extends Slice {
  calls: number
}

type Check = (index: number) => unknown

/** Checks between two looks at the clock, after which the feed is read, as between the requests of a service. */
const burst = 500
/** Long, so that a busy machine makes checks slower and does not refuse them. */
const stalenessBudgetSeconds = 60
const entriesMax = 4_000_000
const readyTimeoutMs = 300_000

let checks: Readonly<Record<VerifierWork, Check>> | undefined
let calls = 0
const countCall = () => {
  calls += 1
}
subscribe('net.client.socket', countCall)

answerParent(async (question: VerifierQuestion) =>
  'connect' in question ? connect(question.connect, question.tokens) : work(question),
)

async function connect(issuer: VerifierIssuer, tokens: string[]): Promise<VerifierReady> {
  const before = megabytesInUse()
  const feed = openFeed(issuer)
  const many = open(issuer, feed, tokens.length * 2)
  const few = open(issuer, feed, Math.floor(tokens.length / 8))
  await many.ready({ timeoutMs: readyTimeoutMs })
  await few.ready({ timeoutMs: readyTimeoutMs })
  const grownMb = megabytesInUse() - before
  const hashIdentifiers = openIdentifierHashes(issuer.issuer)
  const known = await Promise.all(tokens.map((token) => many.verify(token)))
  const textOf = (index: number) => tokens[index % tokens.length] ?? ''
  checks = {
    cached: (index) => many.verify(textOf(index)),
    uncached: (index) => few.verify(textOf(index)),
    'feed part'(index) {
      const token = known[index % known.length]
      if (token === undefined) throw new Error('there are no tokens')
      const words = hashIdentifiers(token.claims)
      return feed.standing(
        { token, words, judgedAt: -1, verdict: undefined },
        momentOf(systemClock),
      )
    },
  }
  const { entries, bytes } = feed.state()
  return { entries, tableMb: bytes / 1e6, grownMb }
}

function openFeed({ issuer, client }: VerifierIssuer): Revocations {
  return openFeedRevocations({
    issuerClient: createIssuerClient({ url: issuer, client, fetch: countedFetch }),
    clock: systemClock,
    name: 'bench',
    stalenessBudgetSeconds,
    entriesMax,
    onEvent() {},
  })
}

/** A verifier that remembers so many tokens; both share one feed. */
function open(issuer: VerifierIssuer, feed: Revocations, knownTokensMax: number): Verifier {
  return createVerifier({
    ...issuer,
    knownTokensMax,
    fetch: countedFetch,
    revocations: () => feed,
  })
}

function countedFetch(...request: Parameters<typeof fetch>): ReturnType<typeof fetch> {
  countCall()
  return fetch(...request)
}

async function work({ work, seconds }: { work: VerifierWork; seconds: number }) {
  const check = checks?.[work]
  if (check === undefined) throw new Error('the verifier is not connected')
  const callsBefore = calls
  const cpu = process.cpuUsage()
  const startedAt = performance.now()
  const end = startedAt + seconds * 1000
  let operations = 0
  while (performance.now() < end) {
    // A check that does not pass rejects, which ends the subject.
    for (let n = 0; n < burst; n += 1) await check(operations + n)
    operations += burst
    await setImmediate()
  }
  const tookMs = performance.now() - startedAt
  const { user, system } = process.cpuUsage(cpu)
  const slice: VerifierSlice = {
    operations,
    begun: operations,
    seconds: tookMs / 1000,
    p50Ms: tookMs / operations,
    p99Ms: tookMs / operations,
    cpuSeconds: (user + system) / 1e6,
    calls: calls - callsBefore,
  }
  return slice
}
