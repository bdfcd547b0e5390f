/**
 * What is revoked, exactly, in little memory: an open-addressing table over 16-byte hashes in typed arrays, 32 bytes a slot.
 * A million entries take at most 54 MB. No false positives: the whole hash is compared.
 *
 * The table is 256 shards by the first byte of the hash. A shard is rebuilt by itself when it is full, which also drops
 * what has expired, so that no growth and no clean-up ever holds anything up for longer than a few thousand slots take.
 * Several entries of one hash stand in one run of slots; one that another makes superfluous is overwritten.
 */

import { type HashWords, hashWords } from './hashed-identifier.ts'

export type RevocationKind = 'ended' | 'stale'

export interface TableEntry {
  /** Four words; all zero for everything. */
  hash: HashWords
  position: number
  kind: RevocationKind
  /** The session that goes on, hashed; undefined where none does. */
  exceptSession: HashWords | undefined
  /** Whole seconds since 1970; after it no token is about that the entry could kill. */
  expiresAt: number
}

export interface RevocationTable {
  add(entry: TableEntry): void
  /**
   * What the entries of a hash that are newer than a position do; undefined where there is none. The hashes are four
   * words each, at an offset. An entry does not count for the session that it leaves out.
   */
  find(
    words: HashWords,
    offset: number,
    newerThan: number,
    sessionOffset: number,
  ): RevocationKind | undefined
  /** Drops what has expired from a few shards; from all of them in a minute of calls, one a second. */
  expireSome(nowSeconds: number): void
  count(): number
  bytes(): number
}

interface Shard {
  /** Slots that hold an entry. */
  used: number
  capacity: number
  hashes: Int32Array
  positions: Float64Array
  /** Zero where a slot is empty. */
  expiries: Uint32Array
  /** Bit 0: stale. Above it: one more than the index of the session that is left out, or zero. */
  marks: Uint32Array
  exceptSessions: HashWords[]
}

const shardCount = 256
const capacityMin = 8
const fullAt = 0.75
/** A rebuilt shard has room for a quarter more. */
const rebuiltLoad = 0.6
const shardsAtOnce = 8
const word = 2 ** 32

export function openRevocationTable(): RevocationTable {
  const shards = Array.from({ length: shardCount }, () => emptyShard(capacityMin))
  let entries = 0
  let nextToExpire = 0
  /** The latest time that anybody told; a shard that grows drops what had expired by then. */
  let knownSeconds = 0

  function rebuild(index: number): Shard {
    const shard = rebuilt(shards[index] as Shard, knownSeconds)
    entries += shard.used - (shards[index] as Shard).used
    shards[index] = shard
    return shard
  }

  return {
    add(entry) {
      const index = (entry.hash[0] as number) >>> 24
      let shard = shards[index] as Shard
      if (shard.used + 1 > shard.capacity * fullAt) shard = rebuild(index)
      if (put(shard, entry)) entries += 1
    },
    find(words, offset, newerThan, sessionOffset) {
      return findIn(shards[(words[offset] as number) >>> 24] as Shard, {
        words,
        offset,
        newerThan,
        sessionOffset,
      })
    },
    expireSome(nowSeconds) {
      knownSeconds = Math.max(knownSeconds, nowSeconds)
      for (let turn = 0; turn < shardsAtOnce; turn += 1) {
        if (hasExpired(shards[nextToExpire] as Shard, knownSeconds)) rebuild(nextToExpire)
        nextToExpire = (nextToExpire + 1) % shardCount
      }
    },
    count: () => entries,
    bytes: () => shards.reduce((sum, shard) => sum + bytesOf(shard), 0),
  }
}

function emptyShard(capacity: number): Shard {
  return {
    used: 0,
    capacity,
    hashes: new Int32Array(capacity * hashWords),
    positions: new Float64Array(capacity),
    expiries: new Uint32Array(capacity),
    marks: new Uint32Array(capacity),
    exceptSessions: [],
  }
}

/** Where the run of a hash begins. The second word is as good as random, and says nothing about the shard. */
function homeOf(shard: Shard, secondWord: number): number {
  return Math.floor(((secondWord >>> 0) / word) * shard.capacity)
}

interface Sought {
  words: HashWords
  offset: number
  newerThan: number
  sessionOffset: number
}

function findIn(shard: Shard, { words, offset, newerThan, sessionOffset }: Sought) {
  const { hashes, positions, expiries, marks, capacity } = shard
  let found: RevocationKind | undefined
  let slot = homeOf(shard, words[offset + 1] as number)
  while (expiries[slot] !== 0) {
    if (
      isHashAt(hashes, slot * hashWords, words, offset) &&
      (positions[slot] as number) > newerThan &&
      !isLeftOut(shard, slot, words, sessionOffset)
    ) {
      if (((marks[slot] as number) & 1) === 0) return 'ended'
      found = 'stale'
    }
    slot += 1
    if (slot === capacity) slot = 0
  }
  return found
}

function isHashAt(hashes: Int32Array, at: number, words: HashWords, offset: number): boolean {
  return (
    hashes[at] === words[offset] &&
    hashes[at + 1] === words[offset + 1] &&
    hashes[at + 2] === words[offset + 2] &&
    hashes[at + 3] === words[offset + 3]
  )
}

function isSameHash(hash: HashWords, words: HashWords, offset: number): boolean {
  return hash.every((word, index) => word === words[offset + index])
}

function isLeftOut(shard: Shard, slot: number, words: HashWords, offset: number): boolean {
  const index = (shard.marks[slot] as number) >>> 1
  if (index === 0) return false
  return isSameHash(shard.exceptSessions[index - 1] as HashWords, words, offset)
}

/** Puts an entry into its run. False where it took the place of one that it makes superfluous, or is superfluous itself. */
function put(shard: Shard, entry: TableEntry): boolean {
  const { hashes, expiries, capacity } = shard
  const { hash } = entry
  let slot = homeOf(shard, hash[1] as number)
  while (expiries[slot] !== 0) {
    if (isHashAt(hashes, slot * hashWords, hash, 0)) {
      if (isCovered(shard, slot, entry)) return false
      if (covers(entry, shard, slot)) {
        write(shard, slot, entry)
        return false
      }
    }
    slot += 1
    if (slot === capacity) slot = 0
  }
  write(shard, slot, entry)
  shard.used += 1
  return true
}

/** Whether what stands there kills all that the entry kills, for as long. */
function isCovered(shard: Shard, slot: number, entry: TableEntry): boolean {
  const mark = shard.marks[slot] as number
  const isRepetition =
    shard.positions[slot] === entry.position &&
    (mark & 1) === (entry.kind === 'stale' ? 1 : 0) &&
    leavesOut(shard, slot, entry.exceptSession)
  const isWider =
    (shard.positions[slot] as number) >= entry.position &&
    mark >>> 1 === 0 &&
    ((mark & 1) === 0 || entry.kind === 'stale')
  return (isRepetition || isWider) && (shard.expiries[slot] as number) >= entry.expiresAt
}

/** Whether what stands there leaves out exactly this session. */
function leavesOut(shard: Shard, slot: number, session: HashWords | undefined): boolean {
  const index = (shard.marks[slot] as number) >>> 1
  if (index === 0 || session === undefined) return index === 0 && session === undefined
  return isSameHash(shard.exceptSessions[index - 1] as HashWords, session, 0)
}

/** Whether the entry kills all that what stands there kills, for as long. */
function covers(entry: TableEntry, shard: Shard, slot: number): boolean {
  const mark = shard.marks[slot] as number
  return (
    entry.position >= (shard.positions[slot] as number) &&
    entry.exceptSession === undefined &&
    (entry.kind === 'ended' || (mark & 1) === 1) &&
    entry.expiresAt >= (shard.expiries[slot] as number)
  )
}

function write(shard: Shard, slot: number, entry: TableEntry): void {
  shard.hashes.set(entry.hash, slot * hashWords)
  shard.positions[slot] = entry.position
  shard.expiries[slot] = Math.min(Math.max(entry.expiresAt, 1), word - 1)
  const except =
    entry.exceptSession === undefined ? 0 : shard.exceptSessions.push(entry.exceptSession)
  shard.marks[slot] = except * 2 + (entry.kind === 'stale' ? 1 : 0)
}

function hasExpired({ expiries }: Shard, nowSeconds: number): boolean {
  return expiries.some((expiry) => expiry !== 0 && expiry < nowSeconds)
}

/** A shard of the right size with what has not expired. */
function rebuilt(from: Shard, nowSeconds: number): Shard {
  const isLive = (expiry: number) => expiry !== 0 && expiry >= nowSeconds
  const live = from.expiries.reduce((sum, expiry) => sum + (isLive(expiry) ? 1 : 0), 0)
  const to = emptyShard(Math.max(capacityMin, Math.ceil((live + 1) / rebuiltLoad)))
  for (let slot = 0; slot < from.capacity; slot += 1) {
    if (isLive(from.expiries[slot] as number)) put(to, entryAt(from, slot))
  }
  return to
}

function entryAt(shard: Shard, slot: number): TableEntry {
  const mark = shard.marks[slot] as number
  return {
    hash: [...shard.hashes.subarray(slot * hashWords, (slot + 1) * hashWords)],
    position: shard.positions[slot] as number,
    kind: (mark & 1) === 1 ? 'stale' : 'ended',
    exceptSession: mark >>> 1 === 0 ? undefined : shard.exceptSessions[(mark >>> 1) - 1],
    expiresAt: shard.expiries[slot] as number,
  }
}

const exceptSessionBytes = 128

function bytesOf({ capacity, exceptSessions }: Shard): number {
  return capacity * (hashWords * 4 + 8 + 4 + 4) + exceptSessions.length * exceptSessionBytes
}
