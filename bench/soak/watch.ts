/** What the service takes of the machine, looked at once in a while. */

import { setTimeout as wait } from 'node:timers/promises'
import { openHandles, residentMb } from '../machine.ts'
import { type OwnPostgres, rowsOf } from '../server/own-postgres.ts'
import type { SignetProcess } from '../server/signet-process.ts'

export interface Sample {
  atMs: number
  residentMb: number
  handles: number
  /** Connections that the service has to Postgres. */
  connections: number
}

export interface Watch {
  /** Everything seen so far. */
  samples: readonly Sample[]
  stop(): Promise<void>
}

const everyMs = 500

/** Looks until it is stopped, or until the service has ended. */
export function startWatch(own: OwnPostgres, signet: SignetProcess): Watch {
  const samples: Sample[] = []
  const stopped = new AbortController()
  const looking = look()

  async function look(): Promise<void> {
    while (!stopped.signal.aborted && !signet.hasEnded()) {
      samples.push(await sampleOf(own, signet))
      await wait(everyMs, undefined, { signal: stopped.signal }).catch(() => undefined)
    }
  }

  return {
    samples,
    async stop() {
      stopped.abort()
      await looking
    },
  }
}

async function sampleOf({ db }: OwnPostgres, { pid }: SignetProcess): Promise<Sample> {
  const text = `select count(*)::int from pg_stat_activity where backend_type = 'client backend'`
  const [[all]] = (await rowsOf(db, text)) as [[number]]
  return {
    atMs: performance.now(),
    residentMb: residentMb(pid),
    handles: openHandles(pid),
    connections: all - db.counts().total,
  }
}

/** Megabytes per minute by which memory grows: the slope of the line that lies nearest to the samples. */
export function growthPerMinute(samples: readonly Sample[]): number {
  const minutes = samples.map(({ atMs }) => atMs / 60_000)
  const middle = mean(minutes)
  const megabytes = samples.map((sample) => sample.residentMb)
  const level = mean(megabytes)
  let [together, spread] = [0, 0]
  for (const [i, minute] of minutes.entries()) {
    together += (minute - middle) * ((megabytes[i] ?? level) - level)
    spread += (minute - middle) ** 2
  }
  return spread === 0 ? 0 : together / spread
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
