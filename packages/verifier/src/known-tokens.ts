/**
 * Tokens whose signature, claims and parties were found good, so that nothing of it is done twice.
 *
 * A token is known by SHA-256 of its signature, and is the known one where header and claims are the same text too: with the
 * signature of a good token, other claims are no good token. Never kept is the signature itself, without which nobody who reads
 * this memory can use what else is there. To hash a signature takes a third of the time that a whole token takes.
 *
 * Two generations of half the size each: the older one leaves as a whole when the younger one is full, and what is asked
 * for moves to the younger one. So the memory is bounded, whatever comes in, and a look-up changes nothing.
 */

import { hash } from 'node:crypto'
import type { HashWords } from './hashed-identifier.ts'
import type { RevocationKind } from './revocation-table.ts'
import type { VerifiedToken } from './verified-token.ts'

/** A good token, and what was last found about its revocation. */
export interface KnownToken {
  readonly token: VerifiedToken
  /** See `HashIdentifiers`. */
  readonly words: HashWords
  /** The number of the view by which it was last judged, and how. */
  judgedAt: number
  verdict: RevocationKind | undefined
}

export interface KnownTokens {
  find(text: string): KnownToken | undefined
  /** Adds it, unless everything was forgotten since that time: then what it rests on may be gone. */
  add(text: string, token: KnownToken, times: number): void
  clear(): void
  /** How often everything was forgotten. */
  timesCleared(): number
  count(): number
}

interface Entry {
  /** Header and claims, as they were signed. */
  signed: string
  token: KnownToken
}

export function openKnownTokens(countMax: number): KnownTokens {
  const halfMax = Math.max(1, Math.floor(countMax / 2))
  let younger = new Map<string, Entry>()
  let older = new Map<string, Entry>()

  let cleared = 0

  function put(digest: string, entry: Entry): void {
    if (younger.size >= halfMax) {
      older = younger
      younger = new Map()
    }
    younger.set(digest, entry)
  }

  return {
    find(text) {
      const end = text.lastIndexOf('.')
      const digest = digestOf(text, end)
      const known = younger.get(digest)
      if (known !== undefined) return isOf(known, text, end) ? known.token : undefined
      const aging = older.get(digest)
      if (aging === undefined || !isOf(aging, text, end)) return undefined
      older.delete(digest)
      put(digest, aging)
      return aging.token
    },
    add(text, token, times) {
      if (times !== cleared) return
      const end = text.lastIndexOf('.')
      put(digestOf(text, end), { signed: copyOf(text.slice(0, end)), token })
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

/** Of what stands behind the last dot. */
function digestOf(text: string, end: number): string {
  return hash('sha256', text.slice(end + 1), 'binary')
}

/** `startsWith` would go from character to character, and take twenty times as long. */
function isOf({ signed }: Entry, text: string, end: number): boolean {
  return text.slice(0, Math.max(0, end)) === signed
}

/** A part of a string may hold on to the whole of it, and so to the signature. */
function copyOf(part: string): string {
  return Buffer.from(part, 'latin1').toString('latin1')
}
