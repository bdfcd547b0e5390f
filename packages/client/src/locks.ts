/**
 * One tab refreshes at a time, where the platform has Web Locks. Without them, or when a tab holds the lock and does not
 * come back, everyone goes ahead: the service answers simultaneous refreshes of one token alike.
 *
 * Specs: Web Locks API.
 */

/** The part of `navigator.locks` that is used. */
export interface Locks {
  request<T>(name: string, options: { signal: AbortSignal }, run: () => Promise<T>): Promise<T>
}

/** The locks of this platform, if it has them. */
export function platformLocks(): Locks | undefined {
  const { navigator } = globalThis as { navigator?: { locks?: Locks } }
  return navigator?.locks
}

/** Runs alone among all who use this name; after waiting `patienceMs`, runs all the same. */
export async function runAlone<T>(
  locks: Locks | undefined,
  { name, patienceMs }: { name: string; patienceMs: number },
  run: () => Promise<T>,
): Promise<T> {
  if (locks === undefined) return run()
  let ran = false
  const signal = AbortSignal.timeout(patienceMs)
  try {
    return await locks.request(name, { signal }, () => {
      ran = true
      return run()
    })
  } catch (error) {
    if (ran) throw error
    return run()
  }
}
