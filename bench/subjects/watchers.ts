/**
 * What a thousand watchers of the revocation feed cost the sign-ins of their instance, once while nothing is revoked, which is
 * heartbeats alone, and once while sessions end, which all of them are told.
 *
 * The watchers come before a slice and leave after it, so that neither is counted.
 */

import { type Child, startChild } from '../child.ts'
import type { Finding, Subject } from '../finding.ts'
import type { WatchersQuestion } from '../load/feed-watchers.ts'
import { httpContender } from '../load/http-contender.ts'
import { descendants } from '../machine.ts'
import { createClient, openAccounts, post, signIns, signInsOf } from '../server/people.ts'
import { createDataDir, startSignet } from '../server/signet-process.ts'
import {
  type Contender,
  interleave,
  median,
  rate,
  ratePerCpu,
  ratios,
  type Slice,
} from '../slices.ts'

const watcherCount = 1000
const waiting = 32
const signOutsPerSecond = 5
const password = 'zebra quartz lamp hippo'
const leaver = { email: 'leaver@example.com', password }

export const watchers: Subject = {
  name: 'watchers',
  about: `password sign-ins/s while ${watcherCount} watch the revocation feed, against nobody`,
  async run(options) {
    const dataDir = await createDataDir()
    const signet = await startSignet(dataDir.path)
    const load = startChild('./load/http-load.ts')
    const crowd = startChild('./load/feed-watchers.ts')
    try {
      const { origin } = signet
      const settings = { SIGNET_DATA_DIR: dataDir.path, SIGNET_ISSUER: 'http://127.0.0.1' }
      const client = await createClient(settings, 'bench', { permission: 'revocations.read' })
      const people = Array.from({ length: waiting }, (_, index) => ({
        email: `person-${index}@example.com`,
        password,
      }))
      await openAccounts(origin, [...people, leaver])
      const alone = httpContender(load, {
        name: 'alone',
        origin,
        pids: [signet.pid, ...descendants(signet.pid)],
        requests: signInsOf(people),
        connections: waiting,
      })
      const open = { open: watcherCount, origin, client }
      const contenders = [alone, watched(alone, crowd, open)]
      const slices = contenders.length * (options.rounds + 1)
      const tokensPerSlice = Math.ceil(signOutsPerSecond * options.secondsPerSlice)
      const tokens = await signIns(origin, leaver, tokensPerSlice * slices)
      const leaving = (each: Contender) => whileLeaving(each, { origin, tokens, tokensPerSlice })
      return findings(await interleave([...contenders, ...contenders.map(leaving)], options))
    } finally {
      await crowd.stop()
      await load.stop()
      await signet.stop()
      await dataDir.remove()
    }
  },
}

function watched(alone: Contender, crowd: Child, open: WatchersQuestion): Contender {
  const close: WatchersQuestion = { close: true }
  return {
    name: 'watched',
    async run(seconds) {
      await crowd.ask(open)
      const slice = await alone.run(seconds)
      await crowd.ask(close)
      return slice
    },
  }
}

/** The same, while so many sessions end, evenly. */
function whileLeaving(
  { name, run }: Contender,
  { origin, tokens, tokensPerSlice }: { origin: string; tokens: string[]; tokensPerSlice: number },
): Contender {
  return {
    name: `${name}, leaving`,
    async run(seconds) {
      const mine = tokens.splice(0, tokensPerSlice)
      const left: Promise<unknown>[] = []
      const timer = setInterval(() => {
        const token = mine.shift()
        if (token !== undefined) left.push(post(origin, 'sign-out', { token }))
      }, 1000 / signOutsPerSecond)
      const slice = await run(seconds).finally(() => clearInterval(timer))
      await Promise.all(left)
      return slice
    },
  }
}

function findings(series: Map<string, Slice[]>): Finding[] {
  return ['', ', leaving'].map((during) => {
    const alone = series.get(`alone${during}`) ?? []
    const among = series.get(`watched${during}`) ?? []
    const perRound = ratios(among, alone, ratePerCpu)
    const middle = (slices: Slice[], measure: (slice: Slice) => number) =>
      median(slices.map(measure)).toFixed(1)
    const while_ = during === '' ? '' : `, while ${signOutsPerSecond} sessions end each second`
    return {
      what: `sign-ins per processor second with ${watcherCount} watchers of the feed against none${while_}`,
      unit: 'x',
      goal: { atLeast: 0.95 },
      measured: median(perRound),
      rounds: perRound,
      detail: `${middle(among, ratePerCpu)} against ${middle(alone, ratePerCpu)}, Postgres included, the watchers not; by the clock ${middle(among, rate)}/s against ${middle(alone, rate)}/s, ${median(ratios(among, alone)).toFixed(2)}x, with the watchers on the same machine`,
    }
  })
}
