/**
 * Logged out means logged out: from the acknowledgement of a sign-out until every one of a hundred verifiers refuses the
 * token, in several processes, over two instances and one Postgres; with commits as the disk makes them, and with commits
 * that take 2 ms more.
 *
 * Each sign-out goes to one instance, in turn; half of the verifiers read their feed at the other one. All of them have
 * accepted the token the moment before.
 */

import { type Child, startChild } from '../child.ts'
import type { Finding, Subject } from '../finding.ts'
import type { WatchQuestion } from '../load/watching-verifiers.ts'
import { type OwnPostgres, setCommitDelay, startOwnPostgres } from '../server/own-postgres.ts'
import { apiOf, createClient, post, signIns, signUp } from '../server/people.ts'
import { type SignetProcess, startSignet } from '../server/signet-process.ts'
import { percentile, type SliceOptions } from '../slices.ts'

const processes = 4
const verifiersPerProcess = 25
const verifierCount = processes * verifiersPerProcess
/** So that five rounds of two seconds make a thousand. */
const revocationsPerSecond = 100
const commitDelaysMs = [0, 2]
const issuer = 'http://127.0.0.1'
const person = { email: 'leaver@example.com', password: 'zebra quartz lamp hippo' }

export const revocation: Subject = {
  name: 'revocation',
  about: `from an acknowledged sign-out to refused by ${verifierCount} verifiers`,
  async run(options) {
    const own = await startOwnPostgres()
    const instances: SignetProcess[] = []
    const watchers = Array.from({ length: processes }, () =>
      startChild('./load/watching-verifiers.ts'),
    )
    try {
      const settings = { ...own.settings, SIGNET_ISSUER: issuer, SIGNET_DATA_DIR: own.dataDir }
      // The first makes the schema and the keys, so that the second has nothing to do but to start.
      for (let i = 0; i < 2; i += 1) instances.push(await startSignet(own.dataDir, { settings }))
      const client = await createClient(settings, 'bench', { permission: 'revocations.read' })
      const origins = instances.map(({ origin }) => origin)
      await openVerifiers(watchers, origins, client)
      await signUp(origins[0] ?? '', person)
      const delays = await measure({ own, origins, watchers }, options)
      return commitDelaysMs.map((delayMs) => findingOf(delayMs, delays.get(delayMs) ?? []))
    } finally {
      for (const child of watchers) await child.stop()
      for (const instance of instances) await instance.stop()
      await own.stop()
    }
  },
}

interface Scene {
  own: OwnPostgres
  origins: readonly string[]
  watchers: readonly Child[]
}

/** In each process as many as there are, with one instance after the other. */
async function openVerifiers(
  watchers: readonly Child[],
  origins: readonly string[],
  client: { id: string; secret: string },
): Promise<void> {
  const urls = Array.from(
    { length: verifiersPerProcess * watchers.length },
    (_, index) => origins[index % origins.length] ?? '',
  )
  const open = { issuer, audience: apiOf(issuer), client }
  for (const [index, child] of watchers.entries()) {
    const first = index * verifiersPerProcess
    const question: WatchQuestion = { open, urls: urls.slice(first, first + verifiersPerProcess) }
    await child.ask(question)
  }
}

/** Milliseconds of each revocation, by round, for each commit delay. */
async function measure(
  { own, origins, watchers }: Scene,
  { rounds, secondsPerSlice, progress }: SliceOptions,
): Promise<Map<number, number[][]>> {
  const delays = new Map(commitDelaysMs.map((delayMs) => [delayMs, [] as number[][]]))
  const count = Math.ceil(revocationsPerSecond * secondsPerSlice)
  for (let round = 0; round < rounds; round += 1) {
    for (const [delayMs, series] of delays) {
      await setCommitDelay(own, delayMs)
      const tokens = await signIns(origins[0] ?? '', person, count)
      const took: number[] = []
      for (const [index, token] of tokens.entries()) {
        took.push(await untilRefused(watchers, origins[index % origins.length] ?? '', token))
      }
      series.push(took)
      progress(
        `round ${round + 1}/${rounds}  commits ${delayMs} ms longer  p50 ${percentile(took, 0.5).toFixed(1)} ms  p99 ${percentile(took, 0.99).toFixed(1)} ms`,
      )
    }
  }
  return delays
}

/** Milliseconds from the answer to the sign-out until the last verifier refuses the token; none where all were earlier. */
async function untilRefused(
  watchers: readonly Child[],
  origin: string,
  token: string,
): Promise<number> {
  const accept: WatchQuestion = { accept: token }
  await Promise.all(watchers.map((child) => child.ask(accept)))
  const awaitRefusal: WatchQuestion = { awaitRefusal: token }
  const refused = Promise.all(watchers.map((child) => child.ask<number[]>(awaitRefusal)))
  const acknowledged = post(origin, 'sign-out', { token }).then(monotonicMs)
  const [moments, acknowledgedAt] = await Promise.all([refused, acknowledged])
  return Math.max(0, Math.max(...moments.flat()) - acknowledgedAt)
}

/** By the clock that the processes of a machine share. */
function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

function findingOf(delayMs: number, rounds: number[][]): Finding {
  const all = rounds.flat()
  const ms = (share: number) => percentile(all, share).toFixed(1)
  return {
    what: `acknowledged sign-out to refused by ${verifierCount} verifiers, p99${delayMs > 0 ? `, commits ${delayMs} ms longer` : ''}`,
    unit: 'ms',
    goal: { atMost: 100 },
    measured: percentile(all, 0.99),
    rounds: rounds.map((round) => percentile(round, 0.99)),
    detail: `p50 ${ms(0.5)} ms, max ${ms(1)} ms over ${all.length} revocations; ${processes} processes, two instances`,
  }
}
