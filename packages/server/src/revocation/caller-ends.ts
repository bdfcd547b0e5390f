/**
 * Tells open streams that their caller has ended: the moment an entry that means it is read from the log. Where a client
 * ends, or everything, a moment later: its verifiers have to hear of that first, because they cannot come back to ask.
 *
 * Callers are found by what an entry names, so that an entry costs what it ends, however many streams are open.
 */

import type { Caller } from '../request-context.ts'
import type { EntryScope, EntrySet, RevocableToken } from './entry-set.ts'
import type { LogFollower } from './feed.ts'
import type { LoggedEntry } from './feed-entries.ts'

export interface CallerEnds extends LogFollower {
  /** Calls `ended` once an entry ends the caller, at once where one did since the caller was authenticated. Answers what stops it. */
  watch(caller: Caller, ended: () => void): () => void
}

/** Longer than a thousand watchers of the feed take to be told, and short of the 100 ms that are promised. */
const lastWordMs = 80

interface Watched {
  /** Whether the entries that were read so far end the caller. */
  hasEnded(): boolean
  ended(): void
}

/** Says what the entries that were read so far mean. */
type Judge = Pick<EntrySet, 'endsClient' | 'revokes'>

/** Watches nobody yet. */
export function openCallerEnds(judge: Judge): CallerEnds {
  const byName = new Map<string, Set<Watched>>()

  function watch(names: readonly string[], watched: Watched): () => void {
    if (watched.hasEnded()) {
      watched.ended()
      return () => {}
    }
    for (const name of names) {
      const there = byName.get(name)
      if (there === undefined) byName.set(name, new Set([watched]))
      else there.add(watched)
    }
    return () => {
      for (const name of names) {
        const there = byName.get(name)
        there?.delete(watched)
        if (there?.size === 0) byName.delete(name)
      }
    }
  }

  function tell({ scope, value }: LoggedEntry): void {
    for (const { hasEnded, ended } of byName.get(nameOf(scope, value)) ?? [])
      if (hasEnded()) ended()
  }

  return {
    restart() {},
    append(entries) {
      for (const entry of entries) {
        if (entry.kind !== 'ended') continue
        if (entry.scope === 'client' || entry.scope === 'all')
          setTimeout(tell, lastWordMs, entry).unref()
        else tell(entry)
      }
    },
    current() {},
    watch(caller, ended) {
      if (caller.kind === 'anonymous' || caller.kind === 'operator') return () => {}
      if (caller.kind === 'user') {
        const { token } = caller
        return watch(namesOf(token), { hasEnded: () => judge.revokes(token), ended })
      }
      const { clientId, rev } = caller
      const names = [nameOf('client', clientId), nameOf('all', '')]
      return watch(names, { hasEnded: () => judge.endsClient(clientId, rev), ended })
    },
  }
}

const nameOf = (scope: EntryScope, value: string) => `${scope} ${value}`

function namesOf({ jti, gid, sid, sub, client_id }: RevocableToken): string[] {
  return [
    nameOf('jti', jti),
    ...(gid === undefined ? [] : [nameOf('gid', gid)]),
    ...(sid === undefined ? [] : [nameOf('sid', sid)]),
    nameOf('sub', sub),
    nameOf('client', client_id),
    nameOf('all', ''),
  ]
}
