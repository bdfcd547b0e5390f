/**
 * Tokens whose signature, claims and parties were found good, so that nothing of it is done twice: by SHA-256 of the
 * token, never by the token itself, which could be used by whoever reads this memory.
 *
 * Two generations of half the size each: the older one leaves as a whole when the younger one is full, and what is asked
 * for moves to the younger one. So the memory is bounded, whatever comes in, and a look-up changes nothing.
 */

import type { RevocationKind } from './revocation-table.ts'
import type { VerifiedToken } from './verified-token.ts'

/** A good token, and what was last found about its revocation. */
export interface KnownToken {
  readonly token: VerifiedToken
  /** See `hashIdentifiers`. */
  readonly words: Uint32Array
  /** The number of the view by which it was last judged, and how. */
  judgedAt: number
  verdict: RevocationKind | undefined
}

export interface KnownTokens {
  find(digest: string): KnownToken | undefined
  /** Adds it, unless everything was forgotten since that time: then what it rests on may be gone. */
  add(digest: string, token: KnownToken, times: number): void
  clear(): void
  /** How often everything was forgotten. */
  timesCleared(): number
  count(): number
}

export function openKnownTokens(countMax: number): KnownTokens {
  const halfMax = Math.max(1, Math.floor(countMax / 2))
  let younger = new Map<string, KnownToken>()
  let older = new Map<string, KnownToken>()

  let cleared = 0

  function put(digest: string, token: KnownToken): void {
    if (younger.size >= halfMax) {
      older = younger
      younger = new Map()
    }
    younger.set(digest, token)
  }

  return {
    find(digest) {
      const known = younger.get(digest)
      if (known !== undefined) return known
      const aging = older.get(digest)
      if (aging !== undefined) {
        older.delete(digest)
        put(digest, aging)
      }
      return aging
    },
    add(digest, token, times) {
      if (times === cleared) put(digest, token)
    },
    timesCleared: () => cleared,
    clear() {
      cleared += 1
      younger = new Map()
      older = new Map()
    },
    count: () => younger.size + older.size,
  }
}
