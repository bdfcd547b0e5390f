/**
 * Whether the time of an answer tells if an address is known: requests for a new password for known and unknown addresses in turn,
 * with the mail server away. Compared as distributions: the largest distance between both (Kolmogorov-Smirnov), as a share of the
 * distance that chance alone would exceed in one run of twenty.
 */

import { randomUUID } from 'node:crypto'
import type { Finding, Subject } from '../finding.ts'
import { anySeed, randomOf } from '../random.ts'
import { startOwnPostgres } from '../server/own-postgres.ts'
import { startSignet } from '../server/signet-process.ts'
import { median } from '../slices.ts'

const pairsPerSecond = 50
/** Nobody listens there. */
const mailServerAway = '127.0.0.1:9'

export const resetRequest: Subject = {
  name: 'reset-request',
  about: 'answers to requests for a new password, for known and unknown addresses',
  async run({ rounds, secondsPerSlice, progress }) {
    const own = await startOwnPostgres()
    const signet = await startSignet(own.dataDir, {
      settings: {
        ...own.settings,
        SIGNET_SMTP_ADDRESS: mailServerAway,
        SIGNET_SMTP_TLS: 'none',
        SIGNET_TRUSTED_PROXIES: '127.0.0.1/32',
      },
    })
    let network = 0
    /** Milliseconds until the answer, which is the same for every address. Each comes from a network of its own. */
    async function ask(email: string): Promise<number> {
      network += 1
      const forwarded = `198.${18 + (network >> 16)}.${(network >> 8) & 255}.${network & 255}`
      const startedAt = performance.now()
      const answer = await fetch(`${signet.origin}/api/v1/auth/request-password-reset`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-forwarded-for': forwarded },
        body: JSON.stringify({ email }),
      })
      const text = await answer.text()
      const took = performance.now() - startedAt
      if (answer.status !== 200 || text !== '{"accepted":true}')
        throw new Error(`${answer.status} ${text}`)
      return took
    }

    try {
      const pairs = Math.max(20, Math.round(pairsPerSecond * secondsPerSlice))
      const random = randomOf(anySeed(), 'reset-request')
      const addresses = await openAccounts(own.db, pairs * rounds + 20)
      for (const email of addresses.splice(0, 20)) await ask(email)
      const measured: { known: number[]; unknown: number[] }[] = []
      for (let round = 0; round < rounds; round += 1) {
        const taken: { known: number[]; unknown: number[] } = { known: [], unknown: [] }
        const some = addresses.splice(0, pairs)
        const strangers = some.map(() => `${randomUUID()}@example.com`)
        const known = new Set(some)
        // By chance: what a known address makes the server do later falls on requests of both kinds.
        for (const email of random.shuffled([...some, ...strangers]))
          taken[known.has(email) ? 'known' : 'unknown'].push(await ask(email))
        measured.push(taken)
        progress(
          `round ${round + 1}/${rounds}  known ${median(taken.known).toFixed(2)} ms, unknown ${median(taken.unknown).toFixed(2)} ms`,
        )
      }
      return [findingOf(measured)]
    } finally {
      await signet.stop()
      await own.stop()
    }
  },
}

type Db = Awaited<ReturnType<typeof startOwnPostgres>>['db']

/** Accounts whose address was proved, in one statement: how they came to be does not matter here. */
async function openAccounts(db: Db, count: number): Promise<string[]> {
  const text = `with opened as (
    insert into users (id, created_at, updated_at)
    select gen_random_uuid(), now(), now() from generate_series(1, $1) returning id
  ), identified as (
    insert into identifiers (id, user_id, kind, value, canonical, verified_at, created_at)
    select gen_random_uuid(), id, 'email', id || '@example.com', id || '@example.com', now(), now() from opened
  ) select id || '@example.com' from opened`
  const { rows } = await db.query({ name: '', text, values: [count], rowMode: 'array' })
  return (rows as unknown as string[][]).map(([email = '']) => email)
}

function findingOf(measured: { known: number[]; unknown: number[] }[]): Finding {
  const known = measured.flatMap((round) => round.known)
  const unknown = measured.flatMap((round) => round.unknown)
  const shares = measured.map(
    (round) => distance(round.known, round.unknown) / critical(round.known.length),
  )
  return {
    what: 'reset requests, known against unknown: distance of the distributions, of what chance exceeds in 1 of 20',
    unit: 'x',
    goal: { atMost: 1 },
    measured: distance(known, unknown) / critical(known.length),
    rounds: shares,
    detail: `p50 ${median(known).toFixed(2)} against ${median(unknown).toFixed(2)} ms; ${known.length} pairs, SMTP down`,
  }
}

/** The largest difference between the shares of both that are at most so long. */
function distance(some: readonly number[], others: readonly number[]): number {
  const shareUpTo = (values: readonly number[], limit: number) =>
    values.filter((value) => value <= limit).length / values.length
  return Math.max(
    ...[...some, ...others].map((limit) =>
      Math.abs(shareUpTo(some, limit) - shareUpTo(others, limit)),
    ),
  )
}

/** The distance at 5 % for two samples of this size. */
function critical(size: number): number {
  return 1.358 * Math.sqrt(2 / size)
}
