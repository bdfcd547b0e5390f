/** `signet events`: reads the event log, and verifies that nobody changed it. */

import { setTimeout } from 'node:timers/promises'
import { pino } from 'pino'
import type { Config } from '../config/config.ts'
import { printable } from '../config/shown-value.ts'
import type { MasterSecret } from '../crypto/master-secret.ts'
import { findChainEnds } from '../events/events.sql.ts'
import { listEvents, type SealedEvent } from '../events/list-events.ts'
import { startSealer } from '../events/sealer.ts'
import { type ChainPlace, type VerifyOptions, verifyChain } from '../events/verify-chain.ts'
import type { CommandIo } from './command-io.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { type CommandDatabase, withDatabase } from './open-database.ts'
import { commandLineAgent, openOperatorSecret } from './operator.ts'

type Context = { config: Config; io: CommandIo }

export interface EventsTailOptions {
  /** The sequence number after which to start; left out, the last `limit` events. */
  since?: number
  limit: number
  follow?: boolean
}

const followEveryMs = 500
const pageSize = 200

/** `events tail`: the latest events, or those after a place; with `follow` also those to come, until it is interrupted. */
export async function eventsTail(context: Context, options: EventsTailOptions): Promise<ExitCode> {
  const { config, io } = context
  const signal = options.follow ? untilInterrupted() : new AbortController().signal
  return withDatabase(context, async (database) => {
    const deps = { db: database.db, masterSecret: openOperatorSecret(config) }
    await sealOwn(database, deps.masterSecret)
    const { seq: head } = await findChainEnds(deps.db)
    let since = BigInt(options.since ?? Math.max(0, Number(head) - options.limit))
    let left = options.limit
    while (!signal.aborted) {
      const limit = options.follow ? pageSize : Math.min(left, pageSize)
      const page = limit === 0 ? [] : await listEvents(deps, { since, limit })
      for (const event of page) io.result(eventValue(event), eventLine(event))
      since = page.at(-1)?.seq ?? since
      left -= page.length
      if (page.length === limit && limit > 0) continue
      if (!options.follow) break
      await sealOwn(database, deps.masterSecret)
      await setTimeout(followEveryMs, undefined, { signal }).catch(() => undefined)
    }
    return exitCodes.ok
  })
}

/** Aborted by the first Ctrl-C or request to end; following ends by nothing else, so that is no failure. */
function untilInterrupted(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort())
  return controller.signal
}

export interface EventsVerifyOptions {
  anchor?: ChainPlace
}

/** `events verify`: checks every sealed event. What is broken is exit code 1. */
export async function eventsVerify(
  context: Context,
  { anchor }: EventsVerifyOptions,
): Promise<ExitCode> {
  const { config, io } = context
  return withDatabase(context, async (database) => {
    await sealOwn(database, openOperatorSecret(config))
    const options: VerifyOptions = { onProgress: progress(io) }
    if (anchor !== undefined) options.anchor = anchor
    const verdict = await verifyChain(database.db, options)
    if (!verdict.intact) {
      const { problem, seq, message } = verdict
      io.result({ intact: false, problem, seq, message }, `The event log is not intact. ${message}`)
      return exitCodes.failed
    }
    const { unsealed } = await findChainEnds(database.db)
    const { seq } = verdict.end
    const hash = verdict.end.hash.toString('hex')
    io.result({ intact: true, seq, hash, unsealed }, `The event log is intact: ${seq} events.`)
    if (unsealed) io.note('Some events are not sealed yet, and not part of this.')
    io.note(`Note this elsewhere, and later verify with: --anchor ${seq}:${hash}`)
    return exitCodes.ok
  })
}

/** Seals what waits, where no server runs that would: the database was started for this command alone. */
async function sealOwn(database: CommandDatabase, masterSecret: MasterSecret): Promise<void> {
  if (database.by !== 'started') return
  const log = pino({ enabled: false })
  const sealer = startSealer({ db: database.db, masterSecret, log })
  try {
    await sealer.feed.settled()
  } finally {
    await sealer.stop()
  }
}

const progressEveryMs = 1000

function progress(io: CommandIo): (seq: bigint, of: bigint) => void {
  let toldAtMs = performance.now()
  return (seq, of) => {
    if (performance.now() - toldAtMs < progressEveryMs) return
    toldAtMs = performance.now()
    io.note(`${seq} of ${of} events are verified.`)
  }
}

function eventValue(event: SealedEvent): object {
  return { ...event, hash: event.hash.toString('hex') }
}

function eventLine(event: SealedEvent): string {
  const { seq, occurredAt, kind, outcome, actorId, subjectId, clientId, ipAddress, reference } =
    event
  const country = event.country === undefined ? '' : ` (${event.country})`
  const details = Object.entries(event.details).map(
    ([name, value]) =>
      `${name}=${printable(typeof value === 'string' ? value : JSON.stringify(value))}`,
  )
  const parts = [
    String(seq).padStart(6),
    occurredAt.toISOString(),
    kind.padEnd(24),
    outcome === 'success' ? 'done   ' : 'refused',
    event.occurrences > 1 ? `${event.occurrences} times` : '',
    actorId !== undefined && actorId !== subjectId ? `by ${actorId}` : '',
    subjectId === undefined ? '' : `on ${subjectId}`,
    event.userAgent === commandLineAgent ? 'by the command line' : '',
    clientId === undefined ? '' : `through ${clientId}`,
    ipAddress === '' ? '' : `from ${ipAddress}${country}`,
    ...details,
    event.erased ? '(erased)' : '',
    reference,
  ]
  return parts.filter((part) => part !== '').join('  ')
}
