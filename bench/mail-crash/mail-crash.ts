/**
 * Mails that are queued while the mail server is away, by workers that are killed again and again; then every mail is held
 * against what is promised of it.
 *
 * 1. Start a Postgres and a worker; the mail server is away.
 * 2. Queue the mails. They fail, and wait longer and longer.
 * 3. Kill the worker at moments that the seed decides, and start another one each time. Somewhere in between the mail server comes
 *    back at its address.
 * 4. Every mail must arrive within a minute of the later of two moments: the return of the mail server, and 40 s after the last
 *    kill. A mail may come twice only where its job was at work when a worker was killed.
 */

import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { enqueue } from '../../packages/server/src/queue/enqueue.ts'
import { randomOf } from '../random.ts'
import { type MailSink, mailSettings, startMailSink } from '../server/mail-sink.ts'
import { type OwnPostgres, rowsOf, startOwnPostgres } from '../server/own-postgres.ts'
import { startSignet } from '../server/signet-process.ts'
import { startWorker, type WorkerProcess } from '../server/worker-process.ts'

export interface MailCrashOptions {
  mails: number
  kills: number
  /** Kills before the mail server is back; the others come after. */
  killsWhileAway: number
  seed: number
  progress(message: string): void
}

export interface MailCrashResult {
  arrived: number
  /** Arrivals of a mail that had arrived before. */
  copies: number
  /** Mails at work when a worker was killed, all kills together. */
  inFlight: number
  /** From the later of both moments until the last mail came; below zero where it came before. */
  lastAfterSeconds: number
  /** What does not hold, a sentence each. */
  sentences: string[]
  seconds: number
}

/** A killed worker's job runs again within that time. */
const takenOverSeconds = 40
const promisedSeconds = 60
const betweenKillsMs = { least: 500, most: 2_500 }
/** How long is waited beyond what is promised, to tell what is late from what is lost. */
const patienceSeconds = 120

export async function runMailCrash(options: MailCrashOptions): Promise<MailCrashResult> {
  const own = await startOwnPostgres()
  try {
    return await runOver(own, options)
  } finally {
    await own.stop()
  }
}

async function runOver(own: OwnPostgres, options: MailCrashOptions): Promise<MailCrashResult> {
  const startedAt = performance.now()
  await migrated(own)
  const arrivals = openArrivals()
  const port = await freePort()
  const settings = { ...own.settings, ...mailSettings(port) }
  const scene: Scene = {
    own,
    arrivals,
    port,
    worker: await startWorker(own.dataDir, settings),
    sink: undefined,
    inFlight: new Set(),
    restart: () => startWorker(own.dataDir, settings),
  }
  try {
    const ids = await queueMails(own, options.mails)
    const { backAt, lastKillAt } = await strike(scene, options)
    const dueFrom = Math.max(backAt, lastKillAt + takenOverSeconds * 1000)
    await everybodyArrived(scene, ids, dueFrom + (promisedSeconds + patienceSeconds) * 1000)
    return { ...judge(scene, ids, dueFrom), seconds: (performance.now() - startedAt) / 1000 }
  } finally {
    await scene.worker.kill()
    await scene.sink?.close()
  }
}

interface Scene {
  own: OwnPostgres
  arrivals: Arrivals
  port: number
  worker: WorkerProcess
  sink: MailSink | undefined
  /** Jobs that were at work when their worker was killed. */
  inFlight: Set<string>
  restart(): Promise<WorkerProcess>
}

/** When each mail came, by the id of its job; the first and all others. */
interface Arrivals {
  at: Map<string, number[]>
  note(messageId: string): void
}

function openArrivals(): Arrivals {
  const at = new Map<string, number[]>()
  return {
    at,
    note(messageId) {
      const id = messageId.split('@')[0] ?? ''
      at.set(id, [...(at.get(id) ?? []), performance.now()])
    },
  }
}

/** The worker does not migrate; the server does, once. */
async function migrated(own: OwnPostgres): Promise<void> {
  const signet = await startSignet(own.dataDir, {
    settings: { ...own.settings, SIGNET_WORKER: 'off' },
  })
  await signet.stop()
}

/** A port on which nobody listens now. */
async function freePort(): Promise<number> {
  const sink = await startMailSink(() => undefined)
  await sink.close()
  return sink.port
}

async function queueMails({ db }: OwnPostgres, mails: number): Promise<string[]> {
  const ids = Array.from({ length: mails }, () => randomUUID())
  await db.transaction(async (tx) => {
    for (const id of ids)
      await enqueue(
        tx,
        'send_mail',
        {
          kind: 'password_changed',
          to: `${id}@example.com`,
          locale: 'en',
          facts: { when: new Date().toISOString() },
          uselessFrom: new Date(Date.now() + 3_600_000).toISOString(),
        },
        { id },
      )
  })
  return ids
}

/** Kills, and lets the mail server come back in between. */
async function strike(
  scene: Scene,
  { kills, killsWhileAway, seed, progress }: MailCrashOptions,
): Promise<{ backAt: number; lastKillAt: number }> {
  const random = randomOf(seed, 'kills')
  const { least, most } = betweenKillsMs
  let backAt = 0
  let lastKillAt = 0
  const comeBack = async () => {
    scene.sink = await startMailSink(scene.arrivals.note, scene.port)
    backAt = performance.now()
    progress(`the mail server is back; ${scene.arrivals.at.size} mails have arrived`)
  }
  for (let n = 0; n < kills; n += 1) {
    if (n === killsWhileAway) await comeBack()
    await wait(least + random.below(most - least))
    await scene.worker.kill()
    lastKillAt = performance.now()
    for (const id of await atWork(scene.own)) scene.inFlight.add(id)
    scene.worker = await scene.restart()
    progress(`kill ${n + 1}/${kills}; ${scene.arrivals.at.size} mails have arrived`)
  }
  if (scene.sink === undefined) await comeBack()
  return { backAt, lastKillAt }
}

async function atWork({ db }: OwnPostgres): Promise<string[]> {
  const text = `select id::text from jobs.job where name = 'send_mail' and state = 'active'`
  return (await rowsOf(db, text)).map(([id]) => String(id))
}

async function everybodyArrived(
  { arrivals }: Scene,
  ids: readonly string[],
  until: number,
): Promise<void> {
  while (performance.now() < until && ids.some((id) => !arrivals.at.has(id))) await wait(100)
  // A copy comes when the job of a killed worker is taken over: it is waited for, too.
  await wait(1_000)
}

function judge({ arrivals, inFlight }: Scene, ids: readonly string[], dueFrom: number) {
  const known = new Set(ids)
  const times = ids.map((id) => arrivals.at.get(id) ?? [])
  const firsts = times.flatMap(([first]) => (first === undefined ? [] : [first]))
  const lastAfterSeconds = (Math.max(...firsts, 0) - dueFrom) / 1000
  const copied = ids.filter((id) => (arrivals.at.get(id)?.length ?? 0) > 1)
  const copies = times.reduce((sum, { length }) => sum + Math.max(0, length - 1), 0)
  const lost = ids.length - firsts.length
  const late = firsts.filter((at) => at > dueFrom + promisedSeconds * 1000).length
  const sentences = [
    ...(lost > 0 ? [`${lost} mails did not arrive`] : []),
    ...(late > 0 ? [`${late} mails arrived later than ${promisedSeconds} s`] : []),
    ...copied
      .filter((id) => !inFlight.has(id))
      .map((id) => `the mail ${id} came twice, and was not at work at any kill`),
    ...[...arrivals.at.keys()]
      .filter((id) => !known.has(id))
      .map((id) => `a mail came that nobody queued: ${id}`),
  ]
  const arrived = firsts.length
  return { arrived, copies, inFlight: inFlight.size, lastAfterSeconds, sentences }
}
