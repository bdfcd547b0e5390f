/**
 * The live entries of the revocation log in memory, and whether one of them kills a token: exact, by position.
 *
 * A token is dead if an entry names it, its grant or its session; or if an entry on its user, its client or everything
 * is newer than the position that was read when the token was issued, unless the entry leaves out its session.
 */

/** The claims of an access token that decide whether it is dead. */
export interface RevocableToken {
  jti: string
  /** The grant. */
  gid?: string | undefined
  /** The session; an offline grant has none. */
  sid?: string | undefined
  sub: string
  client_id: string
  rev: number
}

export type EntryScope = 'jti' | 'gid' | 'sid' | 'sub' | 'client' | 'all'

/** One entry of kind "ended". */
export interface LiveEntry {
  position: number
  scope: EntryScope
  value: string
  exceptSid: string | null
  /** On the clock of `performance.now()`. */
  expiresAtMs: number
}

export interface EntrySet {
  add(entry: LiveEntry): void
  revokes(token: RevocableToken): boolean
  /** Whether an entry ends what a client, or anyone, had at this position. */
  endsClient(clientId: string, rev: number): boolean
  /** Forgets entries that have expired, oldest first. */
  expire(nowMs: number): void
  clear(): void
  count(): number
  /** Whether no entry left for want of room that could still kill a token. */
  complete(nowMs: number): boolean
}

type ByValue = Map<string, LiveEntry[]>

/** An empty set of at most `entriesMax` entries; beyond that the oldest one leaves. */
export function openEntrySet(entriesMax: number): EntrySet {
  const inOrder = new Map<number, LiveEntry>()
  let lastMissedExpiresAtMs = Number.NEGATIVE_INFINITY
  const byScope: Record<EntryScope, ByValue> = {
    jti: new Map(),
    gid: new Map(),
    sid: new Map(),
    sub: new Map(),
    client: new Map(),
    all: new Map(),
  }

  function remove(entry: LiveEntry): void {
    inOrder.delete(entry.position)
    const byValue = byScope[entry.scope]
    const left = byValue.get(entry.value)?.filter((each) => each !== entry) ?? []
    if (left.length === 0) byValue.delete(entry.value)
    else byValue.set(entry.value, left)
  }

  const names = (scope: EntryScope, value: string | undefined) =>
    value !== undefined && byScope[scope].has(value)

  const cuts = (
    scope: EntryScope,
    value: string,
    { rev, sid }: Pick<RevocableToken, 'rev' | 'sid'>,
  ) =>
    byScope[scope]
      .get(value)
      ?.some(
        ({ position, exceptSid }) => position > rev && (exceptSid === null || exceptSid !== sid),
      ) === true

  return {
    add(entry) {
      if (inOrder.has(entry.position)) return
      for (const oldest of inOrder.values()) {
        if (inOrder.size < entriesMax) break
        remove(oldest)
        lastMissedExpiresAtMs = Math.max(lastMissedExpiresAtMs, oldest.expiresAtMs)
      }
      inOrder.set(entry.position, entry)
      const byValue = byScope[entry.scope]
      const there = byValue.get(entry.value)
      if (there === undefined) byValue.set(entry.value, [entry])
      else there.push(entry)
    },
    revokes(token) {
      return (
        names('sid', token.sid) ||
        names('gid', token.gid) ||
        names('jti', token.jti) ||
        cuts('sub', token.sub, token) ||
        cuts('client', token.client_id, token) ||
        cuts('all', '', token)
      )
    },
    endsClient(clientId, rev) {
      return cuts('client', clientId, { rev }) || cuts('all', '', { rev })
    },
    expire(nowMs) {
      for (const entry of inOrder.values()) {
        if (entry.expiresAtMs > nowMs) break
        remove(entry)
      }
    },
    clear() {
      inOrder.clear()
      lastMissedExpiresAtMs = Number.NEGATIVE_INFINITY
      for (const byValue of Object.values(byScope)) byValue.clear()
    },
    count: () => inOrder.size,
    complete: (nowMs) => nowMs >= lastMissedExpiresAtMs,
  }
}
