/**
 * What a check costs a resource server that runs the verifier: known tokens, unknown ones, the part of the feed, the memory
 * of a million revocations, and whether anything leaves the process for a request.
 *
 * The issuer is this process: it publishes keys, sends the snapshot and then revocations that concern nobody, so that what is
 * known has to be judged again. Each verifier works on one thread of a process of its own; its checks are counted per
 * processor second, which is one core, whoever else wants it.
 */

import { randomUUID } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { startTestRedis } from '../../packages/server/src/testing/redis.ts'
import {
  openScriptedIssuer,
  type ScriptedIssuer,
} from '../../packages/verifier/src/testing/scripted-issuer.ts'
import { type Child, startChild } from '../child.ts'
import type { Finding, Subject } from '../finding.ts'
import type {
  VerifierQuestion,
  VerifierReady,
  VerifierSlice,
  VerifierWork,
} from '../load/verifier-load.ts'
import {
  type Contender,
  interleave,
  median,
  rate,
  ratePerCpu,
  ratios,
  type Slice,
} from '../slices.ts'

const tokenCount = 1_000
const tokenLifetimeSeconds = 86_400
const manyEntries = 1_000_000
const entriesPerStep = 1_000
/** New revocations while there are checks. */
const revocationsPerSecond = 10

export const verifier: Subject = {
  name: 'verifier',
  about: 'checks/s in a resource server, with and without a million revocations; calls for a check',
  async run(options) {
    const empty = await openScene(0)
    const loaded = await openScene(manyEntries)
    const redis = await startTestRedis()
    const gets = startChild('./limits/raw-redis.ts')
    try {
      const slices: VerifierSlice[] = []
      const contenders = [
        contenderOf(empty, 'cached', slices),
        contenderOf(loaded, 'cached', slices),
        contenderOf(loaded, 'uncached', slices),
        contenderOf(loaded, 'feed part', slices),
        {
          name: 'Redis GET',
          run: (seconds: number) => gets.ask<Slice>({ url: redis.url, seconds }),
        },
      ]
      const askedBefore = empty.asked() + loaded.asked()
      const series = await interleave(contenders, options)
      const asked = empty.asked() + loaded.asked() - askedBefore
      return [
        ...checkFindings(series),
        redisFinding(series),
        feedFinding(series),
        memoryFinding(loaded.ready),
        packetFinding(slices, asked),
      ]
    } finally {
      for (const scene of [empty, loaded]) await scene.close()
      await gets.stop()
      await redis.stop()
    }
  },
}

interface Scene {
  child: Child
  ready: VerifierReady
  /** Requests that the issuer got. */
  asked(): number
  close(): Promise<void>
}

/** A verifier whose view holds so many entries. */
async function openScene(entries: number): Promise<Scene> {
  const issuer = await openScriptedIssuer()
  const child = startChild('./load/verifier-load.ts')
  issuer.onWatch = () => void sendSnapshot(issuer, entries)
  const exp = Math.floor(Date.now() / 1000) + tokenLifetimeSeconds
  const tokens = Array.from({ length: tokenCount }, () => issuer.mint({ exp, rev: entries }))
  const { url, audience, client } = issuer
  const question: VerifierQuestion = { connect: { issuer: url, audience, client }, tokens }
  const ready = await child.ask<VerifierReady>(question)
  let position = entries
  /** Ends sessions of nobody. */
  const revoking = setInterval(() => {
    position += 1
    const entry = issuer.entry(position, 'sid', randomUUID())
    issuer.latest().send({ entries: [entry], position: String(position) })
  }, 1000 / revocationsPerSecond)
  return {
    child,
    ready,
    asked: () => issuer.asked.length,
    async close() {
      clearInterval(revoking)
      await child.stop()
      await issuer.stop()
    },
  }
}

/** In steps as the service sends them; pauses between them, so that they leave before the next ones are made. */
async function sendSnapshot(issuer: ScriptedIssuer, count: number): Promise<void> {
  const feed = issuer.latest()
  let sent = 0
  do {
    const size = Math.min(entriesPerStep, count - sent)
    const first = sent + 1
    const entries = Array.from({ length: size }, (_, index) =>
      issuer.entry(first + index, 'sid', randomUUID()),
    )
    sent += size
    feed.send({ reset: first === 1, entries, position: String(sent), complete: sent === count })
    await setImmediate()
  } while (sent < count)
}

function contenderOf(scene: Scene, work: VerifierWork, slices: VerifierSlice[]): Contender {
  return {
    name: nameOf(scene.ready, work),
    async run(seconds) {
      const question: VerifierQuestion = { work, seconds }
      const slice = await scene.child.ask<VerifierSlice>(question)
      if (work !== 'feed part') slices.push(slice)
      return slice
    },
  }
}

function nameOf({ entries }: Pick<VerifierReady, 'entries'>, work: VerifierWork): string {
  return `${work}, ${entries} revocations`
}

function checkFindings(series: Map<string, Slice[]>): Finding[] {
  const cases = [
    { work: 'cached', entries: 0, goal: { atLeast: 800_000 } },
    { work: 'cached', entries: manyEntries, goal: { atLeast: 400_000 } },
    { work: 'uncached', entries: manyEntries },
  ] as const
  return cases.map(({ work, entries, ...goal }) => {
    const slices = series.get(nameOf({ entries }, work)) ?? []
    const perCpu = slices.map(ratePerCpu)
    return {
      what: `checks of ${work === 'cached' ? 'known' : 'unknown'} tokens per processor second, ${entries} revocations`,
      unit: '/s',
      ...goal,
      measured: median(perCpu),
      rounds: perCpu,
      detail: `${tokenCount} tokens, ${revocationsPerSecond} new revocations/s; by the clock ${median(slices.map((slice) => slice.operations / slice.seconds)).toFixed(0)}/s`,
    }
  })
}

/** Both have what answers in another process: for one that is the issuer, for the other Redis. */
function redisFinding(series: Map<string, Slice[]>): Finding {
  const ours = series.get(nameOf({ entries: 0 }, 'cached')) ?? []
  const gets = series.get('Redis GET') ?? []
  const perRound = ratios(ours, gets)
  const perSecond = (slices: Slice[]) => median(slices.map(rate)).toFixed(0)
  return {
    what: 'checks of known tokens against GETs of Redis and nothing else',
    unit: 'x',
    measured: median(perRound),
    rounds: perRound,
    detail: `${perSecond(ours)}/s against ${perSecond(gets)}/s, 128 at a time over one connection`,
  }
}

function feedFinding(series: Map<string, Slice[]>): Finding {
  const uncached = series.get(nameOf({ entries: manyEntries }, 'uncached')) ?? []
  const part = series.get(nameOf({ entries: manyEntries }, 'feed part')) ?? []
  const shares = ratios(uncached, part, ratePerCpu)
  const microseconds = (slices: Slice[]) => (1e6 / median(slices.map(ratePerCpu))).toFixed(1)
  return {
    what: 'the part of the feed in an uncached verification',
    unit: 'x',
    goal: { atMost: 0.03 },
    measured: median(shares),
    rounds: shares,
    detail: `${microseconds(part)} µs of ${microseconds(uncached)} µs: five identifiers hashed, and looked up among ${manyEntries}`,
  }
}

function memoryFinding({ entries, tableMb, grownMb }: VerifierReady): Finding {
  return {
    what: `memory of ${entries} revocations`,
    unit: 'MB',
    goal: { atMost: 64 },
    measured: Math.max(tableMb, grownMb),
    rounds: [],
    detail: `the table says ${tableMb.toFixed(1)} MB; memory in use grew by ${grownMb.toFixed(1)} MB, with two verifiers and their keys`,
  }
}

function packetFinding(slices: readonly VerifierSlice[], asked: number): Finding {
  const checked = slices.reduce((sum, { operations }) => sum + operations, 0)
  const left = slices.reduce((sum, { calls }) => sum + calls, 0)
  return {
    what: 'calls that left for verified requests',
    unit: '',
    goal: { atMost: 0 },
    measured: Math.max(left, asked),
    rounds: [],
    detail: `${left} sockets and fetches in the process, ${asked} requests at the issuer, during ${checked} checks`,
  }
}
