/**
 * Writes revocations to Redis after they were committed, for services that ask Redis and run no verifier. Redis is never the
 * truth, and no request of ours speaks to it: it may be slow, hung, gone or emptied, and comes to what is right by itself.
 *
 * 1. Whatever is written is merged, so several instances may write at once.
 * 2. A new connection, another log, and data that are not those which were completed begin with everything that is live,
 *    out of the table.
 * 3. Each entry is written as soon as it is read.
 * 4. Once a second: note Redis's time, read the log, write what came, then say that everything before that time is there.
 *    That word ends by itself one budget later. Nothing that happens in between makes it wrong: it only does not come.
 * 5. A Redis that may evict keys is told nothing: it could forget a revocation, and keep that word.
 *
 * Errors: none; what fails is logged once, and tried again.
 */

import { randomUUID } from 'node:crypto'
import type { createClient } from '@redis/client'
import type { Logger } from 'pino'
import type { Db } from '../db/query.ts'
import type { LogFollower } from './feed.ts'
import type { LoggedEntry } from './feed-entries.ts'
import { readLog } from './live-log.sql.ts'
import { entryOf, type LiveLog } from './live-log.ts'
import {
  entryArguments,
  entryKey,
  freshKey,
  lifeKey,
  mergeScript,
  refreshScript,
} from './redis-keys.ts'

export interface RedisMirror extends LogFollower {
  /** Begins to write, and goes on until it is stopped. */
  start(revocations: Pick<LiveLog, 'readAgain'>): void
  stop(): Promise<void>
}

export interface RedisMirrorOptions {
  url: string
  issuer: string
  /** How long what is written may be relied on without another word. */
  budgetMs: number
}

type Client = ReturnType<typeof createClient>

const roundMs = 1_000
const answerTimeoutMs = 2_000
const pageSize = 5_000
const entriesPerCall = 200

/** A mirror that is not started. Loads the client. */
export async function openRedisMirror(
  { db, log }: { db: Db; log: Logger },
  { url, issuer, budgetMs }: RedisMirrorOptions,
): Promise<RedisMirror> {
  const { createClient: create } = await import('@redis/client')
  const queue = openQueue()
  const stopping = new AbortController()
  let running = Promise.resolve()

  async function run(revocations: Pick<LiveLog, 'readAgain'>): Promise<void> {
    let failing = false
    while (!stopping.signal.aborted) {
      try {
        const client = await connect(create, url)
        const destroy = () => client.destroy()
        stopping.signal.addEventListener('abort', destroy)
        const onFresh = () => {
          if (failing) log.info('revocations reach Redis again')
          failing = false
        }
        await writeTo({ db, client, queue, issuer, budgetMs, revocations, onFresh }).finally(() => {
          stopping.signal.removeEventListener('abort', destroy)
          if (client.isOpen) destroy()
        })
      } catch (error) {
        if (!failing && !stopping.signal.aborted)
          log.warn({ err: error }, 'revocations do not reach Redis; trying again')
        failing = true
      }
      queue.close()
      if (!stopping.signal.aborted) await queue.pause(roundMs)
    }
  }

  return {
    restart: queue.close,
    append: queue.add,
    current() {},
    start(revocations) {
      running = run(revocations)
    },
    async stop() {
      stopping.abort()
      queue.close()
      await running
    },
  }
}

type Queue = ReturnType<typeof openQueue>

/** Entries that were read and not written yet. It is open while Redis has everything else. */
function openQueue() {
  let entries: LoggedEntry[] = []
  let open = false
  let wake = Promise.withResolvers<void>()
  return {
    isOpen: () => open,
    open() {
      entries = []
      open = true
    },
    close() {
      entries = []
      open = false
      wake.resolve()
    },
    /** What comes while it is closed is in the table when everything is written. */
    add(added: readonly LoggedEntry[]) {
      if (!open || added.length === 0) return
      entries.push(...added)
      wake.resolve()
    },
    takeAll() {
      const taken = entries
      entries = []
      return taken
    },
    /** Until the time is over, something is added or it is closed. */
    async pause(ms: number) {
      if (entries.length > 0) return
      wake = Promise.withResolvers()
      const timer = setTimeout(wake.resolve, Math.max(0, ms))
      await wake.promise
      clearTimeout(timer)
    },
  }
}

interface Writing {
  db: Db
  client: Client
  queue: Queue
  issuer: string
  budgetMs: number
  revocations: Pick<LiveLog, 'readAgain'>
  onFresh(): void
}

/** Writes over one connection, round by round, until it fails. */
async function writeTo(writing: Writing): Promise<never> {
  const { client, queue, issuer } = writing
  for (let life: Life | undefined; ; ) {
    if (life === undefined || !queue.isOpen()) life = await writeEverything(writing)
    const verdict = await round(writing, life)
    if (verdict === 'lost') life = undefined
    if (verdict === 'fresh') writing.onFresh()
    const dueAtMs = performance.now() + roundMs
    while (queue.isOpen() && performance.now() < dueAtMs) {
      await queue.pause(dueAtMs - performance.now())
      await merge(client, issuer, queue.takeAll())
    }
  }
}

async function writeEverything({ db, client, queue, issuer }: Writing): Promise<Life> {
  const life = await enterLife(client, issuer)
  queue.open()
  for (let after = 0n; ; ) {
    const rows = await readLog(db, { after, limit: pageSize })
    const entries = rows.flatMap(entryOf)
    await merge(client, issuer, entries)
    if (rows.length < pageSize) return life
    after = entries.at(-1)?.position ?? after
  }
}

async function round(writing: Writing, life: Life): Promise<string> {
  const { client, queue, issuer, budgetMs, revocations } = writing
  await requireNoEviction(client)
  const startedAt = await redisTime(client)
  const signal = AbortSignal.timeout(answerTimeoutMs)
  await revocations.readAgain(signal)
  if (signal.aborted) return 'late'
  await merge(client, issuer, queue.takeAll())
  // Another log came meanwhile.
  if (!queue.isOpen()) return 'lost'
  return refresh(client, life, { issuer, startedAt, budgetMs })
}

/** One life of the data in one process of Redis. */
interface Life {
  id: string
  runId: string
}

async function connect(create: typeof createClient, url: string): Promise<Client> {
  const client = create({
    url,
    disableOfflineQueue: true,
    socket: { connectTimeout: answerTimeoutMs, reconnectStrategy: false },
  })
  // An error that nobody listens for ends the process; here it fails the command that waits, or the next one.
  client.on('error', () => {})
  try {
    await answered(client.connect())
    return client as unknown as Client
  } catch (error) {
    if (client.isOpen) client.destroy()
    throw error
  }
}

/** The answer, within two seconds: a Redis that hangs keeps its connection. */
async function answered<T>(answer: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error('Redis does not answer')), answerTimeoutMs)
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
    answer.catch(() => undefined)
  }
}

async function requireNoEviction(client: Client): Promise<void> {
  const info = await answered(client.info('memory'))
  const limit = Number(/^maxmemory:(\d+)/m.exec(info)?.[1] ?? 0)
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1]
  if (limit > 0 && policy !== 'noeviction')
    throw new Error(`Redis may evict keys (maxmemory-policy ${policy}); set it to noeviction`)
}

async function enterLife(client: Client, issuer: string): Promise<Life> {
  const key = lifeKey(issuer)
  await answered(client.set(key, randomUUID(), { condition: 'NX' }))
  const id = String(await answered(client.get(key)))
  const runId = /^run_id:(\w+)/m.exec(await answered(client.info('server')))?.[1] ?? ''
  return { id, runId }
}

/** Milliseconds since 1970 by the clock of Redis. */
async function redisTime(client: Client): Promise<number> {
  const [seconds, microseconds] = (await answered(client.sendCommand(['TIME']))) as unknown as [
    string,
    string,
  ]
  return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000)
}

async function merge(
  client: Client,
  issuer: string,
  entries: readonly LoggedEntry[],
): Promise<void> {
  for (let at = 0; at < entries.length; at += entriesPerCall) {
    const some = entries.slice(at, at + entriesPerCall)
    await answered(
      client.eval(mergeScript, {
        keys: some.map((entry) => entryKey(issuer, entry)),
        arguments: some.flatMap((entry) => entryArguments(issuer, entry)),
      }),
    )
  }
}

async function refresh(
  client: Client,
  { id, runId }: Life,
  { issuer, startedAt, budgetMs }: { issuer: string; startedAt: number; budgetMs: number },
): Promise<string> {
  const keys = [freshKey(issuer), lifeKey(issuer)]
  const parameters = [id, runId, String(startedAt), String(budgetMs)]
  return String(await answered(client.eval(refreshScript, { keys, arguments: parameters })))
}
