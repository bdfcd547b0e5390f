/** Mails of an idle server: from the moment at which one is queued until a mail server has taken it. */

import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { enqueue } from '../../packages/server/src/queue/enqueue.ts'
import type { Subject } from '../finding.ts'
import { mailSettings, startMailSink } from '../server/mail-sink.ts'
import { startOwnPostgres } from '../server/own-postgres.ts'
import { startSignet } from '../server/signet-process.ts'
import { median, percentile } from '../slices.ts'

/** Rests between mails, so that the server is idle when one comes. */
const restMs = 100
const mailsPerSecond = 10
const timeoutMs = 30_000

export const mail: Subject = {
  name: 'mail',
  about: 'milliseconds from queueing a mail to the mail server, idle',
  async run({ rounds, secondsPerSlice, progress }) {
    const arrived = new Map<string, () => void>()
    const sink = await startMailSink((id) => arrived.get(id.split('@')[0] ?? '')?.())
    const own = await startOwnPostgres()
    const settings = { ...own.settings, ...mailSettings(sink.port) }
    const signet = await startSignet(own.dataDir, { settings })

    async function queueOne(): Promise<number> {
      const id = randomUUID()
      const taken = new Promise<void>((resolve) => arrived.set(id, resolve))
      const startedAt = performance.now()
      await enqueue(own.db, 'send_mail', orderOf(), { id })
      const late = wait(timeoutMs, 'late', { ref: false })
      if ((await Promise.race([taken, late])) === 'late') throw new Error('a mail did not arrive')
      arrived.delete(id)
      return performance.now() - startedAt
    }

    try {
      const perRound = Math.max(5, Math.round(mailsPerSecond * secondsPerSlice))
      for (let n = 0; n < 3; n += 1) await queueOne()
      const medians: number[] = []
      const all: number[] = []
      for (let round = 0; round < rounds; round += 1) {
        const taken: number[] = []
        for (let n = 0; n < perRound; n += 1) {
          await wait(restMs)
          taken.push(await queueOne())
        }
        medians.push(median(taken))
        all.push(...taken)
        progress(`round ${round + 1}/${rounds}  p50 ${median(taken).toFixed(1)} ms`)
      }
      return [
        {
          what: 'mail, queued to taken by SMTP, p50',
          unit: 'ms',
          goal: { atMost: 50 },
          measured: median(medians),
          rounds: medians,
          detail: `${all.length} mails, one at a time; p99 ${percentile(all, 0.99).toFixed(0)} ms`,
        },
      ]
    } finally {
      await signet.stop()
      await own.stop()
      await sink.close()
    }
  },
}

function orderOf() {
  return {
    kind: 'password_changed',
    to: 'reader@example.com',
    locale: 'en',
    facts: { when: new Date().toISOString() },
    uselessFrom: new Date(Date.now() + 3_600_000).toISOString(),
  } as const
}
