/** Password sign-ins over HTTP against bare Argon2id on the same cores, and the event loop while they wait. */

import { type Child, startChild } from '../child.ts'
import type { Finding, Subject } from '../finding.ts'
import { httpContender } from '../load/http-contender.ts'
import { descendants, startCpuClock } from '../machine.ts'
import type { EventLoopDelay } from '../server/event-loop-probe.ts'
import { openAccounts, signInsOf } from '../server/people.ts'
import { createDataDir, type SignetProcess, startSignet } from '../server/signet-process.ts'
import {
  type Contender,
  interleave,
  median,
  rate,
  ratePerCpu,
  ratios,
  type Slice,
} from '../slices.ts'

const waiting = 32
const password = 'zebra quartz lamp hippo'

export const signIn: Subject = {
  name: 'sign-in',
  about: 'password sign-ins/s against raw Argon2id; event loop meanwhile',
  async run(options) {
    const dataDir = await createDataDir()
    const signet = await startSignet(dataDir.path, { watched: true })
    const load = startChild('./load/http-load.ts')
    const argon2 = startChild('./limits/raw-argon2.ts')
    try {
      const people = Array.from({ length: waiting }, (_, index) => ({
        email: `person-${index}@example.com`,
        password,
      }))
      await openAccounts(signet.origin, people)
      const signIns = httpContender(load, {
        name: 'sign-in',
        origin: signet.origin,
        pids: [signet.pid, ...descendants(signet.pid)],
        requests: signInsOf(people),
        connections: waiting,
      })
      const delays: EventLoopDelay[] = []
      const contenders = [watched(signIns, signet, delays), rawContender(argon2)]
      const series = await interleave(contenders, options)
      // The first slice is the warm-up, which the series does not have either.
      return findings(series, delays.slice(1))
    } finally {
      await load.stop()
      await argon2.stop()
      await signet.stop()
      await dataDir.remove()
    }
  },
}

function rawContender(argon2: Child): Contender {
  return {
    name: 'raw Argon2id',
    async run(seconds) {
      const cpu = startCpuClock([argon2.pid])
      const slice = await argon2.ask<Slice>({ seconds })
      return { ...slice, cpuSeconds: cpu() }
    },
  }
}

/** The same contender, with the server's event loop read for each slice. */
function watched(contender: Contender, signet: SignetProcess, delays: EventLoopDelay[]): Contender {
  return {
    name: contender.name,
    async run(seconds) {
      await signet.resetEventLoop()
      const slice = await contender.run(seconds)
      delays.push(await signet.readEventLoop())
      return slice
    },
  }
}

function findings(series: Map<string, Slice[]>, delays: EventLoopDelay[]): Finding[] {
  const ours = series.get('sign-in') ?? []
  const raw = series.get('raw Argon2id') ?? []
  const perRound = ratios(ours, raw)
  const p99s = delays.map(({ p99Ms }) => p99Ms)
  return [
    {
      what: 'sign-ins/s against raw Argon2id',
      unit: 'x',
      goal: { atLeast: 0.9 },
      measured: median(perRound),
      rounds: perRound,
      detail: `${perSecond(ours)} against ${perSecond(raw)}; per processor second, Postgres included, ${median(ratios(ours, raw, ratePerCpu)).toFixed(2)}x; ${waiting} waiting, p50 ${median(ours.map(({ p50Ms }) => p50Ms)).toFixed(0)} ms`,
    },
    {
      what: `event loop p99 while ${waiting} sign-ins wait`,
      unit: 'ms',
      goal: { atMost: 15 },
      measured: median(p99s),
      rounds: p99s,
      detail: `p50 ${median(delays.map(({ p50Ms }) => p50Ms)).toFixed(1)} ms, latest ${Math.max(...delays.map(({ maxMs }) => maxMs)).toFixed(1)} ms; timer of 1 ms included`,
    },
  ]
}

function perSecond(slices: readonly Slice[]): string {
  return `${median(slices.map(rate)).toFixed(0)}/s`
}
