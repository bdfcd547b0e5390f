/**
 * Tells open streams that their caller has ended: the moment an entry that means it is read from the log.
 *
 * Callers are found by what an entry names, so that an entry costs what it ends, however many streams are open.
 */

import type { Caller } from '../request-context.ts'
import type { EntryScope, RevocableToken } from './entry-set.ts'
import type { LogFollower } from './feed.ts'
import type { LoggedEntry } from './feed-entries.ts'

export interface CallerEnds extends LogFollower {
  /** Calls `ended` once an entry ends the caller, at once where one did since the caller was authenticated. Answers what stops it. */
  watch(caller: Caller, ended: () => void): () => void
}

interface Watched {
  token: RevocableToken
  ended(): void
}

type Revokes = (token: RevocableToken) => boolean

/** Watches nobody yet. `revokes` says what the entries that were read so far mean. */
export function openCallerEnds(revokes: Revokes): CallerEnds {
  const byName = new Map<string, Set<Watched>>()

  function watch(token: RevocableToken, ended: () => void): () => void {
    if (revokes(token)) {
      ended()
      return () => {}
    }
    const watched: Watched = { token, ended }
    const names = namesOf(token)
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
    for (const { token, ended } of byName.get(nameOf(scope, value)) ?? [])
      if (revokes(token)) ended()
  }

  return {
    restart() {},
    append(entries) {
      for (const entry of entries) if (entry.kind === 'ended') tell(entry)
    },
    current() {},
    watch: (caller, ended) => (caller.kind === 'user' ? watch(caller.token, ended) : () => {}),
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
