/**
 * What this process knows of the revocation log, and how old that knowledge is.
 *
 * 1. Steps are applied in their order. A snapshot is built beside what is known, which serves until the snapshot is whole.
 * 2. Within one log positions never go back. A snapshot that ends before the last position that was known here comes from
 *    an instance that is behind: it is not believed before it has caught up.
 * 3. A log that goes on from another one after a failover or a restore may lack the last entries of that one, which were
 *    acknowledged all the same: what was known of it is believed until it expires.
 * 4. The age is what the instance said, plus what the step took on its way (see step-delay.ts), plus what has passed since by whichever clock
 *    says more. It is computed when it is asked for, so that no timer has to be believed.
 * 5. A step that is complete renews the age; nothing else does.
 *
 * Errors: FeedError.
 */

import { betweenMs, type Clock, type Moment, momentOf } from './clock.ts'
import { FeedError, type FeedStep } from './feed-step.ts'
import {
  everythingOffset,
  type HashWords,
  hashWords,
  identifierClaims,
} from './hashed-identifier.ts'
import {
  openRevocationTable,
  type RevocationKind,
  type RevocationTable,
} from './revocation-table.ts'

export interface RevocationView {
  /** Applies a step that was on its way for so many milliseconds at most. */
  apply(step: FeedStep, heldBackMs: number): void
  /** Whether a token is dead as far as is known. The words are those of `HashIdentifiers`. */
  judge(words: HashWords, rev: number): RevocationKind | undefined
  /** Counts what was applied: what was judged at this number need not be judged again. */
  version(): number
  /** Milliseconds, at this moment or now; infinite before the first snapshot was whole. */
  ageMs(at?: Moment): number
  /** Something came that cannot be: the log is read again from a snapshot. What is known serves, and ages. */
  distrust(): void
  /** Where to go on reading: what is being built, else what is known. */
  place(): { logId: string; position: number }
  /** What tokens are judged by; undefined before the first snapshot was whole. */
  known(): { logId: string; position: number; entries: number; bytes: number } | undefined
}

export interface RevocationViewOptions {
  clock: Clock
  /** More are an error: the view is then not renewed, and goes stale. */
  entriesMax: number
  /** Milliseconds since 1970 by which entries may be forgotten: no clock that matters is earlier. */
  earliestNowMs(): number
}

interface Log {
  logId: string
  position: number
  table: RevocationTable
  /** Of the logs that this one goes on from, as long as anything in them is live. */
  former: readonly RevocationTable[]
}

const sessionOffset = identifierClaims.indexOf('sid') * hashWords
/** A token, a grant and a session are dead when they are named, whenever that was. */
const exactClaims = identifierClaims.indexOf('sub')
const whenever = -1
/** A log that goes on is 2^32 positions further, less what was lost of it. Any other one belongs to another database. */
const leap = 2 ** 31

export function openRevocationView(options: RevocationViewOptions): RevocationView {
  const { clock, entriesMax, earliestNowMs } = options
  let current: Log | undefined
  let building: Log | undefined
  let distrusted = false
  let version = 0
  let renewed: { at: Moment; ageMs: number } | undefined

  function addEntries(log: Log, step: FeedStep): void {
    for (const entry of step.entries) log.table.add(entry)
    log.position = step.position
    const nowSeconds = Math.floor(earliestNowMs() / 1000)
    for (const table of tablesOf(log)) table.expireSome(nowSeconds)
    log.former = log.former.filter((table) => table.count() > 0)
    if (countOf(log) > entriesMax) {
      throw new FeedError(`more than ${entriesMax} live revocations; raise entriesMax`)
    }
  }

  const hasCaughtUp = (log: Log) => log.logId !== current?.logId || log.position >= current.position

  return {
    apply(step, heldBackMs) {
      const log = step.reset ? emptyLog(step.logId) : (building ?? current)
      if (log === undefined || log.logId !== step.logId)
        throw new FeedError('a log without a start')
      if (step.position < log.position) throw new FeedError('the position went back')
      if (step.reset) {
        building = log
        distrusted = false
      }
      addEntries(log, step)
      if (log === building) {
        if (!step.complete || !hasCaughtUp(log)) return
        if (current !== undefined && goesOn(current, log)) log.former = tablesOf(current)
        current = log
        building = undefined
        version += 1
      } else if (step.entries.length > 0) version += 1
      if (step.complete) renewed = { at: momentOf(clock), ageMs: step.ageMs + heldBackMs }
    },
    judge(words, rev) {
      if (current === undefined) return undefined
      let found = judge(current.table, words, rev)
      for (const table of current.former) {
        if (found === 'ended') break
        found = judge(table, words, rev) ?? found
      }
      return found
    },
    version: () => version,
    ageMs(at = momentOf(clock)) {
      if (renewed === undefined) return Number.POSITIVE_INFINITY
      return renewed.ageMs + Math.max(0, betweenMs(renewed.at, at))
    },
    distrust() {
      building = undefined
      distrusted = true
    },
    place() {
      if (distrusted) return { logId: '', position: 0 }
      const { logId, position } = building ?? current ?? { logId: '', position: 0 }
      return { logId, position }
    },
    known() {
      if (current === undefined) return undefined
      const { logId, position } = current
      const bytes = tablesOf(current).reduce((sum, table) => sum + table.bytes(), 0)
      return { logId, position, entries: countOf(current), bytes }
    },
  }
}

function emptyLog(logId: string): Log {
  return { logId, position: 0, table: openRevocationTable(), former: [] }
}

const tablesOf = ({ table, former }: Log) => [table, ...former]
const countOf = (log: Log) => tablesOf(log).reduce((sum, table) => sum + table.count(), 0)

const goesOn = (from: Log, to: Log) => to.logId !== from.logId && to.position > from.position + leap

function judge(table: RevocationTable, words: HashWords, rev: number) {
  let found = table.find(words, everythingOffset, rev, sessionOffset)
  for (let index = 0; index < identifierClaims.length && found !== 'ended'; index += 1) {
    const offset = index * hashWords
    if (words[offset] === 0 && words[offset + 1] === 0) continue
    const newerThan = index < exactClaims ? whenever : rev
    found = table.find(words, offset, newerThan, sessionOffset) ?? found
  }
  return found
}
