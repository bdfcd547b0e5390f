/** Refreshes over HTTP, each of which rotates, against the statement that decides on them, alone. */

import { findRunningEmbeddedPostgres } from '../../packages/server/src/db/embedded/embedded-postgres.ts'
import { parseRefreshToken } from '../../packages/server/src/tokens/refresh-token.ts'
import { type Child, startChild } from '../child.ts'
import type { Finding, Subject } from '../finding.ts'
import type { RawGrant, RawRotations } from '../limits/raw-rotations.ts'
import type { RefreshLoad, RefreshLoaded } from '../load/refresh-load.ts'
import { descendants, startCpuClock } from '../machine.ts'
import { createDataDir, type SignetProcess, startSignet } from '../server/signet-process.ts'
import { type Contender, interleave, median, rate, ratios, type Slice } from '../slices.ts'

/** As many as the server has connections to its database. */
const holders = 16
const credentials = { email: 'holder@example.com', password: 'zebra quartz lamp hippo' }

export const refresh: Subject = {
  name: 'refresh',
  about: 'refreshes/s that rotate against the very same SQL alone',
  async run(options) {
    const dataDir = await createDataDir()
    const settings = { SIGNET_REFRESH_WINDOW_SECONDS: '0' }
    const signet = await startSignet(dataDir.path, { settings })
    const load = startChild('./load/refresh-load.ts')
    const raw = startChild('./limits/raw-rotations.ts')
    try {
      await post(signet, 'sign-up', credentials)
      const contenders = [
        overHttp(load, signet, await signIns(signet)),
        alone(raw, signet, { dataDir: dataDir.path, signIns: await signIns(signet) }),
      ]
      const series = await interleave(await Promise.all(contenders), options)
      return [findingOf(series)]
    } finally {
      await load.stop()
      await raw.stop()
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

/** One session for each holder. */
async function signIns(signet: SignetProcess): Promise<SignInAnswer['tokens'][]> {
  const { email: identifier, password } = credentials
  const signedIn = []
  for (let i = 0; i < holders; i++) {
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
  let refreshTokens = signedIn.map(({ refreshToken }) => refreshToken)
  const pids = [pid, ...descendants(pid)]
  return {
    name: 'refresh',
    async run(seconds) {
      const question: RefreshLoad = { origin, refreshTokens, seconds }
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
  const address = await findRunningEmbeddedPostgres(dataDir)
  if (address === undefined) throw new Error('the embedded Postgres does not run')
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

function grantOf({ accessToken, refreshToken }: SignInAnswer['tokens']): RawGrant {
  const [, claims = ''] = accessToken.split('.')
  const { sub: userId } = JSON.parse(Buffer.from(claims, 'base64url').toString())
  const grantId = parseRefreshToken(refreshToken)?.grantId
  if (grantId === undefined) throw new Error('the server answered another form of refresh token')
  return { grantId, userId }
}

function findingOf(series: Map<string, Slice[]>): Finding {
  const ours = series.get('refresh') ?? []
  const limit = series.get('the statement alone') ?? []
  const perRound = ratios(ours, limit)
  return {
    what: 'refreshes/s that rotate against the same SQL alone',
    unit: 'x',
    goal: { atLeast: 0.25 },
    measured: median(perRound),
    rounds: perRound,
    detail: `${perSecond(ours)} against ${perSecond(limit)}; ${holders} holders, p50 ${median(ours.map(({ p50Ms }) => p50Ms)).toFixed(1)} ms against ${median(limit.map(({ p50Ms }) => p50Ms)).toFixed(1)} ms`,
  }
}

function perSecond(slices: readonly Slice[]): string {
  return `${median(slices.map(rate)).toFixed(0)}/s`
}
