/**
 * Pictures of 12 megapixels that become avatars: how long the job takes, and how late the event loop of the server is
 * meanwhile. The first picture after a while also starts the process that decodes.
 *
 * A timer of one millisecond is part of each figure about the event loop.
 */

import { setTimeout as wait } from 'node:timers/promises'
import { cameraPicture } from '../../packages/server/src/pictures/testing/pictures.ts'
import type { Finding, Subject } from '../finding.ts'
import { descendants, startCpuClock } from '../machine.ts'
import { openAccount } from '../server/account.ts'
import { type OwnPostgres, rowsOf, startOwnPostgres } from '../server/own-postgres.ts'
import { type SignetProcess, startSignet } from '../server/signet-process.ts'
import { median } from '../slices.ts'

const size = { width: 4000, height: 3000 }
const formats = ['jpeg', 'png'] as const
type Format = (typeof formats)[number]
/** One after the other in a round; more than one, so that a round does not hang on one storm. */
const picturesPerSecond = 2.5
const bytesMax = 32 * 1024 * 1024

export const avatar: Subject = {
  name: 'avatar',
  about:
    'milliseconds of a job that makes an avatar of 12 megapixels, and the event loop meanwhile',
  async run({ rounds, secondsPerSlice, progress }) {
    const perRound = Math.max(1, Math.round(picturesPerSecond * secondsPerSlice))
    const own = await startOwnPostgres()
    const settings = { ...own.settings, SIGNET_AVATAR_BYTES_MAX: String(bytesMax) }
    const signet = await startSignet(own.dataDir, { watched: true, settings })
    try {
      const token = await openAccount(signet, 'portrait@example.com')
      const scene: Scene = { own, signet, token }
      const pictures = new Map<Format, Buffer>()
      for (const format of formats) pictures.set(format, await cameraPicture(size, format))
      const jpeg = pictures.get('jpeg') ?? Buffer.alloc(0)
      const coldMs = await jobMs(scene, jpeg)
      const series = new Map<Format, number[]>(formats.map((format) => [format, []]))
      const lateMs: number[] = []
      const cpuMs: number[] = []
      const idleMs: number[] = []
      for (let round = 0; round < rounds; round += 1) {
        await signet.resetEventLoop()
        await wait(secondsPerSlice * 1000)
        idleMs.push((await signet.readEventLoop()).p99Ms)
        for (const [format, bytes] of pictures) {
          await signet.resetEventLoop()
          const cpuSeconds = startCpuClock(descendants(signet.pid))
          const taken: number[] = []
          for (let n = 0; n < perRound; n += 1) taken.push(await jobMs(scene, bytes))
          const { p99Ms } = await signet.readEventLoop()
          series.get(format)?.push(median(taken))
          if (format === 'jpeg') {
            lateMs.push(p99Ms)
            cpuMs.push((cpuSeconds() * 1000) / perRound)
          }
          progress(
            `round ${round + 1}/${rounds}  ${format} ${median(taken).toFixed(0)} ms, event loop p99 ${p99Ms.toFixed(1)} ms`,
          )
        }
      }
      return findings({ series, lateMs, idleMs, cpuMs, coldMs, pictures, perRound })
    } finally {
      await signet.stop()
      await own.stop()
    }
  },
}

interface Scene {
  own: OwnPostgres
  signet: SignetProcess
  token: string
}

/** Uploads a picture, waits until it is the avatar, and answers how long its job took by the metrics of the server. */
async function jobMs({ own, signet, token }: Scene, bytes: Buffer): Promise<number> {
  const before = await jobSeconds(signet)
  const answer = await fetch(`${signet.origin}/api/v1/users/me/avatar`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${token}` },
    body: new Uint8Array(bytes),
  })
  if (answer.status !== 202) throw new Error(`the upload was answered ${answer.status}`)
  const { id } = (await answer.json()) as { id: string }
  for (;;) {
    const [[state]] = (await rowsOf(own.db, 'select state from avatar_uploads where id = $1', [
      id,
    ])) as [[string]]
    if (state === 'ready') break
    if (state !== 'received') throw new Error(`the picture was ${state}`)
    await wait(20)
  }
  await rowsOf(own.db, 'delete from avatar_uploads')
  // Metrics are read rarely: making them is work of the server, too.
  for (;;) {
    await wait(150)
    const now = await jobSeconds(signet)
    if (now.count > before.count) return (now.sum - before.sum) * 1000
  }
}

async function jobSeconds({ origin }: SignetProcess): Promise<{ sum: number; count: number }> {
  const text = await (await fetch(`${origin}/metrics`)).text()
  const of = (name: string) => {
    const pattern = `^signet_job_duration_seconds_${name}\\{kind="render_avatar"\\} (\\S+)`
    return Number(new RegExp(pattern, 'm').exec(text)?.[1] ?? 0)
  }
  return { sum: of('sum'), count: of('count') }
}

function findings({
  series,
  lateMs,
  idleMs,
  cpuMs,
  coldMs,
  pictures,
  perRound,
}: {
  series: Map<Format, number[]>
  lateMs: number[]
  idleMs: number[]
  cpuMs: number[]
  coldMs: number
  pictures: Map<Format, Buffer>
  perRound: number
}): Finding[] {
  const megabytes = (format: Format) => ((pictures.get(format)?.length ?? 0) / 1e6).toFixed(1)
  const jobs = formats.map((format): Finding => {
    const rounds = series.get(format) ?? []
    const isGoal = format === 'jpeg'
    return {
      what: `avatar of 12 megapixels, ${format}`,
      unit: 'ms',
      ...(isGoal && { goal: { atMost: 300 } }),
      measured: median(rounds),
      rounds,
      detail: `in the job, ${megabytes(format)} MB${isGoal ? `; the first one ${coldMs.toFixed(0)} ms` : ''}`,
    }
  })
  const loop: Finding = {
    what: 'event loop while avatars are made, p99',
    unit: 'ms',
    goal: { atMost: 15 },
    measured: median(lateMs),
    rounds: lateMs,
    detail: `${perRound} pictures a round, as JPEG, from the upload to the avatar; ${median(idleMs).toFixed(1)} ms while nothing was asked`,
  }
  const cpu: Finding = {
    what: 'processor time of one, as JPEG',
    unit: 'ms',
    measured: median(cpuMs),
    rounds: cpuMs,
    detail: 'of the process that decodes: most of what the job takes where nobody else works',
  }
  return [...jobs, cpu, loop]
}
