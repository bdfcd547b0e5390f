/**
 * The live entries as the feed sends them, in the order of their positions. An entry is hashed when it is read, once for
 * all who watch, and kept in 52 bytes: an instance may have to hold a million.
 *
 * Entries stand in blocks of one size. A block leaves when nothing in it is alive any more, so what has expired may be
 * sent for a while; it kills nothing.
 */

import { create } from '@bufbuild/protobuf'
import {
  type RevocationEntry,
  RevocationEntrySchema,
  RevocationKind,
  RevocationScope,
} from '@signet/contract'
import type { EntryScope } from './entry-set.ts'
import { hashedLength, hashIdentifier } from './hashed-identifier.ts'

/** An entry as the log has it. */
export interface LoggedEntry {
  position: bigint
  kind: 'ended' | 'stale'
  scope: EntryScope
  /** The raw identifier; empty for everything. */
  value: string
  exceptSid: string | null
  /** Somebody waits until verifiers have applied it. */
  awaited: boolean
  /** Seconds since 1970, by the clock of the database. */
  expiresAt: number
  /** From when it was read. */
  remainingMs: number
}

export interface FeedEntries {
  add(entry: LoggedEntry): void
  /** At most `limit` entries after a position, in order. */
  after(position: bigint, limit: number): RevocationEntry[]
  /** Forgets what has expired; times are on the clock of `performance.now()`. */
  expire(nowMs: number): void
  clear(): void
  count(): number
}

const blockSize = 512
const noHash = Buffer.alloc(hashedLength)

const scopes: Record<EntryScope, RevocationScope> = {
  jti: RevocationScope.TOKEN,
  gid: RevocationScope.GRANT,
  sid: RevocationScope.SESSION,
  sub: RevocationScope.SUBJECT,
  client: RevocationScope.CLIENT,
  all: RevocationScope.EVERYTHING,
}
const kinds = { ended: RevocationKind.ENDED, stale: RevocationKind.STALE } as const

interface Block {
  length: number
  /** Positions stay below 2^53. */
  positions: Float64Array
  expiresAt: Float64Array
  kinds: Uint8Array
  scopes: Uint8Array
  /** Value and kept session of each entry, zero where there is none. */
  hashes: Buffer
  hasException: Uint8Array
  /** When the last of it expires, on the clock of `performance.now()`. */
  expiresAtMs: number
}

function emptyBlock(): Block {
  return {
    length: 0,
    positions: new Float64Array(blockSize),
    expiresAt: new Float64Array(blockSize),
    kinds: new Uint8Array(blockSize),
    scopes: new Uint8Array(blockSize),
    hashes: Buffer.alloc(blockSize * 2 * hashedLength),
    hasException: new Uint8Array(blockSize),
    expiresAtMs: 0,
  }
}

/** An empty list of entries of this issuer. */
export function openFeedEntries(issuer: string): FeedEntries {
  let blocks: Block[] = []
  let last = -1

  function put(block: Block, entry: LoggedEntry): void {
    const { scope, value, exceptSid } = entry
    const at = block.length
    block.positions[at] = Number(entry.position)
    block.expiresAt[at] = Math.ceil(entry.expiresAt)
    block.kinds[at] = kinds[entry.kind]
    block.scopes[at] = scopes[scope]
    const hashed = scope === 'all' ? noHash : hashIdentifier(issuer, scope, value)
    block.hashes.set(hashed, at * 2 * hashedLength)
    if (exceptSid !== null) {
      block.hasException[at] = 1
      const kept = hashIdentifier(issuer, 'sid', exceptSid)
      block.hashes.set(kept, (at * 2 + 1) * hashedLength)
    }
    block.expiresAtMs = Math.max(block.expiresAtMs, performance.now() + entry.remainingMs)
    block.length += 1
  }

  return {
    add(entry) {
      if (Number(entry.position) <= last) throw new Error('entries come in the order of positions')
      let block = blocks.at(-1)
      if (block === undefined || block.length === blockSize) {
        block = emptyBlock()
        blocks.push(block)
      }
      put(block, entry)
      last = Number(entry.position)
    },
    after(position, limit) {
      const entries: RevocationEntry[] = []
      const from = Number(position)
      for (let index = firstBlockAfter(blocks, from); index < blocks.length; index += 1) {
        const block = blocks[index] as Block
        for (let at = 0; at < block.length; at += 1) {
          if ((block.positions[at] as number) <= from) continue
          if (entries.length === limit) return entries
          entries.push(entryAt(block, at))
        }
      }
      return entries
    },
    expire(nowMs) {
      const alive = blocks.findIndex((block) => block.expiresAtMs > nowMs)
      blocks = alive === -1 ? [] : blocks.slice(alive)
    },
    clear() {
      blocks = []
      last = -1
    },
    count: () => blocks.reduce((sum, { length }) => sum + length, 0),
  }
}

/** The first block that ends after a position, by halving. */
function firstBlockAfter(blocks: readonly Block[], position: number): number {
  let low = 0
  let high = blocks.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const { positions, length } = blocks[middle] as Block
    if ((positions[length - 1] as number) <= position) low = middle + 1
    else high = middle
  }
  return low
}

function entryAt(block: Block, at: number): RevocationEntry {
  const start = at * 2 * hashedLength
  const middle = start + hashedLength
  const scope = block.scopes[at] as RevocationScope
  const { hashes } = block
  return create(RevocationEntrySchema, {
    position: BigInt(block.positions[at] as number),
    kind: block.kinds[at] as RevocationKind,
    scope,
    ...(scope !== RevocationScope.EVERYTHING && { value: hashes.subarray(start, middle) }),
    ...(block.hasException[at] === 1 && {
      exceptSession: hashes.subarray(middle, middle + hashedLength),
    }),
    expiresAt: { seconds: BigInt(block.expiresAt[at] as number) },
  })
}
