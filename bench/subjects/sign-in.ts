/**
 * Password sign-ins over HTTP against bare Argon2id on the same cores, and the event loop while they wait; and against Better Auth
 * with its own scrypt, on the same Postgres.
 */

import { findRunningEmbeddedPostgres } from '../../packages/server/src/db/embedded/embedded-postgres.ts'
import { type Child, startChild } from '../child.ts'
import type { Finding, Subject } from '../finding.ts'
import type { BetterAuthQuestion } from '../limits/better-auth.ts'
import { httpContender } from '../load/http-contender.ts'
import type { HttpRequest } from '../load/http-message.ts'
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
const emails = Array.from({ length: waiting }, (_, index) => `person-${index}@example.com`)
const people = emails.map((email) => ({ email, password }))

export const signIn: Subject = {
  name: 'sign-in',
  about: 'password sign-ins/s against raw Argon2id and Better Auth; event loop meanwhile',
  async run(options) {
    const dataDir = await createDataDir()
    const signet = await startSignet(dataDir.path, { watched: true })
    const load = startChild('./load/http-load.ts')
    const argon2 = startChild('./limits/raw-argon2.ts')
    const peer = startChild('./limits/better-auth.ts')
    try {
      await openAccounts(signet.origin, people)
      const signIns = httpContender(load, {
        name: 'sign-in',
        origin: signet.origin,
        pids: [signet.pid, ...descendants(signet.pid)],
        requests: signInsOf(people),
        connections: waiting,
      })
      const delays: EventLoopDelay[] = []
      const betterAuth = await betterAuthContender(load, peer, dataDir.path)
      const raw = rawContender(argon2)
      const contenders = [signIns, raw, betterAuth, watched(signIns, signet, delays)]
      const series = await interleave(contenders, options)
      // The first slice is the warm-up, which the series does not have either.
      return findings(series, delays.slice(1))
    } finally {
      await load.stop()
      await argon2.stop()
      await peer.stop()
      await signet.stop()
      await dataDir.remove()
    }
  },
}

async function betterAuthContender(load: Child, peer: Child, dataDir: string): Promise<Contender> {
  const address = await findRunningEmbeddedPostgres(dataDir)
  if (address === undefined) throw new Error('the embedded Postgres does not run')
  const question: BetterAuthQuestion = { address, emails, password }
  const origin = await peer.ask<string>(question)
  const requests = emails.map(
    (email): HttpRequest => ({
      method: 'POST',
      path: '/api/auth/sign-in/email',
      json: { email, password },
      headers: { Origin: origin },
    }),
  )
  const target = { name: 'Better Auth', origin, pids: [peer.pid], requests, connections: waiting }
  return httpContender(load, target)
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

/**
 * The same contender, with the server's event loop read for each slice. It takes turns with the others under a name of its own,
 * because what reads the event loop takes part of a core.
 */
function watched(contender: Contender, signet: SignetProcess, delays: EventLoopDelay[]): Contender {
  return {
    name: `${contender.name}, watched`,
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
  const peer = series.get('Better Auth') ?? []
  const perRound = ratios(ours, raw)
  const toPeer = ratios(ours, peer)
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
      what: 'sign-ins/s against Better Auth with its default scrypt',
      unit: 'x',
      goal: { atLeast: 5 },
      measured: median(toPeer),
      rounds: toPeer,
      detail: `${perSecond(ours)} against ${median(peer.map(rate)).toFixed(1)}/s; ${waiting} waiting; per processor second, without Postgres there, ${median(ratios(ours, peer, ratePerCpu)).toFixed(2)}x`,
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
