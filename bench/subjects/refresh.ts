/**
 * Refreshes over HTTP, each of which rotates, against the statement that decides on them, alone, and against oidc-provider on the
 * same Postgres.
 */

import type { DatabaseAddress } from '../../packages/server/src/db/address.ts'
import { findRunningEmbeddedPostgres } from '../../packages/server/src/db/embedded/embedded-postgres.ts'
import { parseRefreshToken } from '../../packages/server/src/tokens/refresh-token.ts'
import { type Child, startChild } from '../child.ts'
import type { Finding, Subject } from '../finding.ts'
import type { PostgresPeer, PostgresPeerQuestion } from '../limits/oidc-provider-postgres.ts'
import type { RawGrant, RawRotations } from '../limits/raw-rotations.ts'
import type { RefreshLoad, RefreshLoaded } from '../load/refresh-load.ts'
import { descendants, startCpuClock } from '../machine.ts'
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

/** Of refresh tokens, each of whom asks again as soon as there is an answer. */
const holders = 48
/** Of the statement alone: as many as the server has to its database. */
const connections = 16
const credentials = { email: 'holder@example.com', password: 'zebra quartz lamp hippo' }

export const refresh: Subject = {
  name: 'refresh',
  about: 'refreshes/s that rotate against the very same SQL alone and oidc-provider on Postgres',
  async run(options) {
    const dataDir = await createDataDir()
    const settings = { SIGNET_REFRESH_WINDOW_SECONDS: '0' }
    const signet = await startSignet(dataDir.path, { settings })
    const load = startChild('./load/refresh-load.ts')
    const raw = startChild('./limits/raw-rotations.ts')
    const peer = startChild('./limits/oidc-provider-postgres.ts')
    try {
      await post(signet, 'sign-up', credentials)
      const contenders = [
        overHttp(load, signet, await signIns(signet, holders)),
        alone(raw, signet, { dataDir: dataDir.path, signIns: await signIns(signet, connections) }),
        oidcProvider(load, peer, { dataDir: dataDir.path, pid: signet.pid }),
      ]
      const series = await interleave(await Promise.all(contenders), options)
      return findingsOf(series)
    } finally {
      await load.stop()
      await raw.stop()
      await peer.stop()
      await signet.stop()
      await dataDir.remove()
    }
  },
}

interface SignInAnswer {
  tokens: { accessToken: string; refreshToken: string }
}

async function post({ origin }: SignetProcess, method: string, body: object): Promise<unknown> {
  const response = await fetch(`${origin}/api/v1/auth/${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!response.ok)
    throw new Error(`${method} answered ${response.status}: ${await response.text()}`)
  return response.json()
}

/** So many sessions. */
async function signIns(signet: SignetProcess, count: number): Promise<SignInAnswer['tokens'][]> {
  const { email: identifier, password } = credentials
  const signedIn = []
  for (let i = 0; i < count; i++) {
    const answer = await post(signet, 'sign-in', { identifier, password })
    signedIn.push((answer as SignInAnswer).tokens)
  }
  return signedIn
}

async function overHttp(
  load: Child,
  { origin, pid }: SignetProcess,
  signedIn: SignInAnswer['tokens'][],
): Promise<Contender> {
  const refreshTokens = signedIn.map(({ refreshToken }) => refreshToken)
  const pids = [pid, ...descendants(pid)]
  return rotating(load, { name: 'refresh', origin, refreshTokens, pids })
}

async function oidcProvider(
  load: Child,
  peer: Child,
  { dataDir, pid }: { dataDir: string; pid: number },
): Promise<Contender> {
  const address = await embeddedPostgres(dataDir)
  const question: PostgresPeerQuestion = { address, holders }
  const { origin, clientId, refreshTokens } = await peer.ask<PostgresPeer>(question)
  const pids = [peer.pid, ...descendants(pid)]
  const oauth = { path: '/token', clientId }
  return rotating(load, { name: 'oidc-provider', origin, refreshTokens, pids, oauth })
}

interface Rotating extends Omit<RefreshLoad, 'seconds'> {
  name: string
  pids: number[]
}

/** Goes on in each slice with the tokens that the one before brought. */
function rotating(load: Child, { name, pids, ...target }: Rotating): Contender {
  let { refreshTokens } = target
  return {
    name,
    async run(seconds) {
      const question: RefreshLoad = { ...target, refreshTokens, seconds }
      const cpu = startCpuClock(pids)
      const loaded = await load.ask<RefreshLoaded>(question)
      refreshTokens = loaded.refreshTokens
      return { ...loaded.slice, cpuSeconds: cpu() }
    },
  }
}

async function alone(
  raw: Child,
  { pid }: SignetProcess,
  { dataDir, signIns }: { dataDir: string; signIns: SignInAnswer['tokens'][] },
): Promise<Contender> {
  const address = await embeddedPostgres(dataDir)
  const grants = signIns.map(grantOf)
  return {
    name: 'the statement alone',
    async run(seconds) {
      const pids = [raw.pid, ...descendants(pid)]
      const question: RawRotations = { address, grants, seconds }
      const cpu = startCpuClock(pids)
      const slice = await raw.ask<Slice>(question)
      return { ...slice, cpuSeconds: cpu() }
    },
  }
}

async function embeddedPostgres(dataDir: string): Promise<DatabaseAddress> {
  const address = await findRunningEmbeddedPostgres(dataDir)
  if (address === undefined) throw new Error('the embedded Postgres does not run')
  return address
}

function grantOf({ accessToken, refreshToken }: SignInAnswer['tokens']): RawGrant {
  const [, claims = ''] = accessToken.split('.')
  const { sub: userId } = JSON.parse(Buffer.from(claims, 'base64url').toString())
  const grantId = parseRefreshToken(refreshToken)?.grantId
  if (grantId === undefined) throw new Error('the server answered another form of refresh token')
  return { grantId, userId }
}

function findingsOf(series: Map<string, Slice[]>): Finding[] {
  const ours = series.get('refresh') ?? []
  const limit = series.get('the statement alone') ?? []
  const peer = series.get('oidc-provider') ?? []
  const [toLimit, toPeer] = [ratios(ours, limit), ratios(ours, peer)]
  return [
    {
      what: 'refreshes/s that rotate against the same SQL alone',
      unit: 'x',
      goal: { atLeast: 0.5 },
      measured: median(toLimit),
      rounds: toLimit,
      detail: `${perSecond(ours)} against ${perSecond(limit)}; ${holders} holders, ${connections} connections of the statement, which decides on one grant at a time there; p50 ${p50(ours)} ms against ${p50(limit)} ms`,
    },
    {
      what: 'refreshes/s that rotate against oidc-provider on Postgres',
      unit: 'x',
      goal: { atLeast: 4 },
      measured: median(toPeer),
      rounds: toPeer,
      detail: `${perSecond(ours)} against ${perSecond(peer)}; ${holders} holders, p50 ${p50(ours)} ms against ${p50(peer)} ms; per processor second, Postgres included, ${median(ratios(ours, peer, ratePerCpu)).toFixed(2)}x; both sign with ES256`,
    },
  ]
}

function p50(slices: readonly Slice[]): string {
  return median(slices.map(({ p50Ms }) => p50Ms)).toFixed(1)
}

function perSecond(slices: readonly Slice[]): string {
  return `${median(slices.map(rate)).toFixed(0)}/s`
}
