/**
 * Ends of sessions over HTTP against the statement that ends them, alone: one after the other, and many at once, which
 * the service batches; with commits as the disk makes them, and with commits that take 2 ms more.
 *
 * The counter of positions is one row: without batches, slow commits would queue on it.
 */

import { randomUUID } from 'node:crypto'
import { type Child, startChild } from '../child.ts'
import type { Finding, Subject } from '../finding.ts'
import type { RawRevocations } from '../limits/raw-revocations.ts'
import type { RevokeLoad } from '../load/revoke-load.ts'
import { descendants, startCpuClock } from '../machine.ts'
import {
  type OwnPostgres,
  rowsOf,
  setCommitDelay,
  startOwnPostgres,
} from '../server/own-postgres.ts'
import { type SignetProcess, startSignet } from '../server/signet-process.ts'
import { type Contender, interleave, median, rate, ratios, type Slice } from '../slices.ts'

/** Sessions that are ended at once. */
const atOnce = 32
const commitDelayMs = 2
/** More than any contender can end in a second. */
const sessionsPerSecond = { alone: 6_000, batched: 25_000 }
const credentials = { email: 'leaver@example.com', password: 'zebra quartz lamp hippo' }

export const revoke: Subject = {
  name: 'revoke',
  about: 'revoking transactions/s, alone and batched, against the same SQL alone',
  async run(options) {
    const own = await startOwnPostgres()
    const signet = await startSignet(own.dataDir, { settings: own.settings })
    const load = startChild('./load/revoke-load.ts')
    const raw = startChild('./limits/raw-revocations.ts')
    try {
      const scene: Scene = { own, signet, load, raw, caller: await signIn(signet) }
      const contenders = [0, commitDelayMs].flatMap((delayMs) =>
        (['alone', 'batched'] as const).flatMap((way) => contendersOf(scene, { way, delayMs })),
      )
      const series = await interleave(contenders, options)
      return [0, commitDelayMs].flatMap((delayMs) =>
        (['alone', 'batched'] as const).map((way) => findingOf(series, { way, delayMs })),
      )
    } finally {
      await load.stop()
      await raw.stop()
      await signet.stop()
      await own.stop()
    }
  },
}

interface Scene {
  own: OwnPostgres
  signet: SignetProcess
  load: Child
  raw: Child
  caller: Caller
}

interface Caller {
  userId: string
  accessToken: string
}

interface Case {
  way: 'alone' | 'batched'
  delayMs: number
}

async function signIn({ origin }: SignetProcess): Promise<Caller> {
  const { email: identifier, password } = credentials
  await post(origin, 'sign-up', credentials)
  const answer = await post(origin, 'sign-in', { identifier, password })
  const { accessToken } = (answer as { tokens: { accessToken: string } }).tokens
  const [, claims = ''] = accessToken.split('.')
  return { accessToken, userId: JSON.parse(Buffer.from(claims, 'base64url').toString()).sub }
}

async function post(origin: string, method: string, body: object): Promise<unknown> {
  const response = await fetch(`${origin}/api/v1/auth/${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!response.ok)
    throw new Error(`${method} answered ${response.status}: ${await response.text()}`)
  return response.json()
}

/** The service, and the statement alone, in the same case. */
function contendersOf({ own, signet, load, raw, caller }: Scene, of: Case): Contender[] {
  const { way, delayMs } = of
  const { accessToken, userId } = caller
  async function prepared(seconds: number): Promise<string[]> {
    await setCommitDelay(own, delayMs)
    return openSessions(own, userId, Math.ceil(sessionsPerSecond[way] * seconds))
  }
  return [
    {
      name: nameOf('http', of),
      async run(seconds) {
        const sessionIds = await prepared(seconds)
        const connections = way === 'alone' ? 1 : atOnce
        const { origin } = signet
        const pids = [signet.pid, own.postgres.pid, ...descendants(own.postgres.pid)]
        const question: RevokeLoad = { origin, accessToken, sessionIds, connections, seconds }
        const cpu = startCpuClock(pids)
        const slice = await load.ask<Slice>(question)
        return { ...slice, cpuSeconds: cpu() }
      },
    },
    {
      name: nameOf('sql', of),
      async run(seconds) {
        const sessionIds = await prepared(seconds)
        const batch = way === 'alone' ? 1 : atOnce
        const { address } = own.postgres
        const question: RawRevocations = { address, userId, sessionIds, batch, seconds }
        return raw.ask<Slice>(question)
      },
    },
  ]
}

function nameOf(who: 'http' | 'sql', { way, delayMs }: Case): string {
  return `${who} ${way}${delayMs > 0 ? `, commits of ${delayMs} ms` : ''}`
}

/** Sessions of this user with a grant each, as a sign-in makes them, in no time. */
async function openSessions({ db }: OwnPostgres, userId: string, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => randomUUID())
  await rowsOf(
    db,
    `with opened as (
       insert into sessions (id, user_id, client_id, amr, acr, auth_time, rev, created_at, last_active_at,
                             idle_expires_at, expires_at)
       select id, $2, 'signet', '{pwd}', 'aal1', now(), revocation_position(), now(), now(),
              now() + interval '1 hour', now() + interval '1 hour'
         from unnest($1::uuid[]) id
       returning *
     )
     insert into grants (id, user_id, client_id, session_id, scopes, audience, wrapped_secret, wrapping_key_id,
                         rotated_at, window_opened_at, presenter, amr, acr, auth_time, rev, created_at, expires_at)
     select gen_random_uuid(), user_id, client_id, id, '{signet:api}', '{bench}', '\\x00', 'bench', now(), now(), '\\x00',
            amr, acr, auth_time, rev, created_at, expires_at
       from opened`,
    [ids, userId],
  )
  // As after any growth: plans that were made for an empty table are made anew.
  await rowsOf(db, 'analyze sessions, grants, revocation_log, events')
  return ids
}

function findingOf(series: Map<string, Slice[]>, of: Case): Finding {
  const ours = series.get(nameOf('http', of)) ?? []
  const limit = series.get(nameOf('sql', of)) ?? []
  const perRound = ratios(ours, limit)
  const how = of.way === 'alone' ? 'one at a time' : `${atOnce} at once`
  const commits = of.delayMs > 0 ? `, commits ${of.delayMs} ms longer` : ''
  return {
    what: `sessions ended/s against the same SQL alone, ${how}${commits}`,
    unit: 'x',
    measured: median(perRound),
    rounds: perRound,
    detail: `${perSecond(ours)} over HTTP against ${perSecond(limit)} ${of.way === 'alone' ? 'in transactions of one' : `in batches of ${atOnce}`}; p50 ${p50(ours)} ms against ${p50(limit)} ms`,
  }
}

function perSecond(slices: readonly Slice[]): string {
  return `${median(slices.map(rate)).toFixed(0)}/s`
}

function p50(slices: readonly Slice[]): string {
  return median(slices.map(({ p50Ms }) => p50Ms)).toFixed(1)
}
