/**
 * JSON documents that others publish, kept while they are good: key sets of clients, and what identity providers say of themselves.
 *
 * A document is fresh for as long as the answer says, but not for less than a minute and not for more than an hour.
 * - For another hour it is used while it is read anew, so that nobody waits for somebody else's server. After that it is
 *   read first.
 * - Where it cannot be read, it is good for a day after it was: an outage of that server locks nobody out, and what its
 *   owner has withdrawn ends all the same.
 * - Who misses something in it makes it be read at once, but not within the cool-down after the last attempt: whoever makes
 *   up names does not make Signet ask.
 * - Who needs the same document at the same time shares one reading of it.
 *
 * Specs: RFC 9111 §4.2 (freshness), RFC 5861 §3 and §4 (stale answers).
 */

import type { Logger } from 'pino'
import type { Json } from '../db/query.ts'
import type { GuardedFetch } from './guarded-fetch.ts'

export interface KeptDocuments<T> {
  /** What stands at the address. Throws what its reading failed with, where nothing good is known. */
  get(url: string): Promise<T>
  /** The same, read anew first unless that was tried within the cool-down. */
  getAnew(url: string): Promise<T>
}

interface KeptOptions<T> {
  fetch: GuardedFetch
  log: Pick<Logger, 'warn'>
  /** What the documents are, for the log, such as "the key set of a client". */
  what: string
  mediaTypes: readonly string[]
  /** Throws where the document is not what it should be. */
  parse: (document: Json, url: string) => T
  documentsMax: number
  coolDownMs: number
  /** Milliseconds, never backwards. */
  clock?: (() => number) | undefined
}

interface Kept<T> {
  document: T | undefined
  /** Why the last reading failed. */
  failure: unknown
  /** When it was last read, and until when that is fresh. */
  readAtMs: number
  freshUntilMs: number
  /** When reading it was last tried. */
  triedAtMs: number
  reading: Promise<void> | undefined
}

const minute = 60_000
const freshForMs = 10 * minute
const freshMinMs = minute
const freshMaxMs = 60 * minute
const revalidateMs = 60 * minute
const staleMaxMs = 24 * 60 * minute
const bytesMax = 64 * 1024
const timeoutMs = 5_000

/** An empty memory. */
export function keepDocuments<T>({
  clock = () => performance.now(),
  ...options
}: KeptOptions<T>): KeptDocuments<T> {
  const all = new Map<string, Kept<T>>()

  async function read(url: string, kept: Kept<T>): Promise<void> {
    kept.triedAtMs = clock()
    try {
      const { document, maxAgeSeconds } = await readDocument(url, options)
      kept.document = document
      kept.readAtMs = clock()
      const askedMs = maxAgeSeconds === undefined ? freshForMs : maxAgeSeconds * 1000
      kept.freshUntilMs = kept.readAtMs + Math.min(Math.max(askedMs, freshMinMs), freshMaxMs)
    } catch (error) {
      kept.failure = error
      options.log.warn({ err: error }, `${options.what} could not be read`)
    } finally {
      kept.reading = undefined
    }
  }

  /** Reads it, or waits for whoever does already; not again within the cool-down. */
  function reading(url: string, kept: Kept<T>): Promise<void> {
    if (kept.reading === undefined && clock() - kept.triedAtMs >= options.coolDownMs)
      kept.reading = read(url, kept)
    return kept.reading ?? Promise.resolve()
  }

  function known(kept: Kept<T>): T {
    if (kept.document === undefined || clock() - kept.readAtMs > staleMaxMs) throw kept.failure
    return kept.document
  }

  return {
    async get(url) {
      const kept = keptAt(url, all, options.documentsMax)
      const overdueMs = clock() - kept.freshUntilMs
      if (overdueMs >= revalidateMs) await reading(url, kept)
      else if (overdueMs >= 0) void reading(url, kept)
      return known(kept)
    },
    async getAnew(url) {
      const kept = keptAt(url, all, options.documentsMax)
      await reading(url, kept)
      return known(kept)
    },
  }
}

function keptAt<T>(url: string, all: Map<string, Kept<T>>, documentsMax: number): Kept<T> {
  const kept = all.get(url)
  if (kept !== undefined) return kept
  for (const oldest of all.keys()) {
    if (all.size < documentsMax) break
    all.delete(oldest)
  }
  const never = Number.NEGATIVE_INFINITY
  const unread: Kept<T> = {
    document: undefined,
    failure: undefined,
    readAtMs: never,
    freshUntilMs: never,
    triedAtMs: never,
    reading: undefined,
  }
  all.set(url, unread)
  return unread
}

/** The document as it is now, and how long it may be kept. Throws where it cannot be had. */
export async function readDocument<T>(
  url: string,
  { fetch, mediaTypes, parse }: Pick<KeptOptions<T>, 'fetch' | 'mediaTypes' | 'parse'>,
): Promise<{ document: T; maxAgeSeconds: number | undefined }> {
  const { status, body, maxAgeSeconds } = await fetch(url, {
    method: 'GET',
    accept: mediaTypes,
    bytesMax,
    timeoutMs,
  })
  if (status !== 200) throw new Error(`the answer is ${status}`)
  return { document: parse(JSON.parse(body.toString('utf8')) as Json, url), maxAgeSeconds }
}
