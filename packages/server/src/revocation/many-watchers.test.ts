/** The feed over real sockets: a thousand who watch at once, and one who does not read. */

import assert from 'node:assert/strict'
import http from 'node:http'
import { after, before, it } from 'node:test'
import { methods } from '../app.ts'
import { createAdmission } from '../call/admission.ts'
import type { Deps } from '../deps.ts'
import { openTestDeps, rowsOf, type TestDeps } from '../testing/deps.ts'
import { startTestListener, type TestListener, tokens } from '../wires/testing/test-listener.ts'
import { openRevocationFeed, type RevocationFeed } from './feed.ts'
import type { LoggedEntry } from './feed-entries.ts'
import { type LiveLog, openLiveLog } from './live-log.ts'

/** However busy the machine is: nobody is taken for a slow reader within these tests, and no view becomes too old to be told. */
const patience = { heartbeatMs: 60_000, budgetSeconds: 3_600 }
const { heartbeatMs } = patience
let test: TestDeps
let deps: Deps
let revocations: LiveLog
let listener: TestListener

before(async () => {
  test = await openTestDeps()
  const { config } = test.deps
  const revocationFeed = openRevocationFeed({ issuer: config.issuer, heartbeatMs })
  revocations = await openLiveLog(test.deps, {
    directAddress: test.address,
    tokenLifetimeSeconds: 300,
    followers: [revocationFeed],
  })
  const patient = { ...config, revocationFeed: patience }
  deps = { ...test.deps, config: patient, revocations, revocationFeed }
  listener = await startTestListener({
    app: { deps, methods, admission: createAdmission({ callsMax: 100, streamsMax: 2000 }) },
  })
})
after(async () => {
  await listener.close(0)
  await revocations.stop()
  await test.close()
})

interface Watching {
  position(): bigint
  /** The text of the event that ended it, if one did. */
  error(): string | undefined
  response: http.IncomingMessage
}

function watch(
  { host, port }: TestListener,
  place = { logId: '', position: 0n },
): Promise<Watching> {
  const query = `logId=${place.logId}&since=${place.position}`
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${tokens.everything}` }
    const path = `/api/v1/revocations/watch?${query}`
    http
      .get({ host, port, path, headers, agent: false }, (response) => {
        let position = place.position
        let error: string | undefined
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk
          const blocks = text.split('\n\n')
          text = blocks.pop() ?? ''
          for (const block of blocks) {
            const data = /^data: (.*)$/m.exec(block)?.[1]
            if (data === undefined) continue
            if (block.startsWith('event: error')) error = data
            else position = BigInt(JSON.parse(data).position)
          }
        })
        response.on('error', () => {})
        resolve({ position: () => position, error: () => error, response })
      })
      .on('error', reject)
  })
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 60_000
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`not within a minute: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

async function logSession(): Promise<bigint> {
  await rowsOf(deps, `select log_revocation('sid', gen_random_uuid()::text, 'test')`)
  revocations.announce()
  const [[last]] = (await rowsOf(deps, 'select position from revocation_head')) as [[bigint]]
  return last
}

it('a thousand watchers each get each of many changes', async (t) => {
  const watchers = await Promise.all(Array.from({ length: 1000 }, () => watch(listener)))
  const leave = () => {
    for (const { response } of watchers) response.destroy()
  }
  t.after(leave)
  // The answer begins before the feed has taken its watcher in.
  await until('all are taken in', () => deps.revocationFeed.state().watchers === 1000)
  for (let round = 0; round < 5; round += 1) {
    const startedAt = performance.now()
    const position = await logSession()
    await until('all have it', () => watchers.every((each) => each.position() === position))
    t.diagnostic(`${Math.round(performance.now() - startedAt)} ms until all of them had it`)
  }
  leave()
  await until('all have left', () => deps.revocationFeed.state().watchers === 0)
})

it('who does not read is sent away when it returns, and goes on from where it stood', async (t) => {
  // More than sockets hold, told to the feed itself: writing so much to a log takes minutes.
  const last = 70_000n
  const logId = 'log'
  const impatience = { ...patience, heartbeatMs: 200 }
  const told = openRevocationFeed({ issuer: deps.config.issuer, heartbeatMs })
  told.restart(logId)
  told.append(Array.from({ length: Number(last) }, entryAt), last)
  told.current(performance.now())
  let steppedAtMs = 0
  const revocationFeed: RevocationFeed = {
    ...told,
    step(place) {
      steppedAtMs = performance.now()
      return told.step(place)
    },
  }
  const config = { ...deps.config, revocationFeed: impatience }
  const crowdedDeps = { ...deps, config, revocationFeed }
  const crowded = await startTestListener({ app: { deps: crowdedDeps, methods } })
  t.after(() => crowded.close(0))
  const slow = await watch(crowded)
  slow.response.pause()
  // A step that is out for more than ten heartbeats was not taken in time.
  const isOverdue = () => performance.now() - steppedAtMs > 11 * impatience.heartbeatMs
  await until('a step is out for too long', () => steppedAtMs > 0 && isOverdue())
  assert.equal(slow.error(), undefined)
  slow.response.resume()
  await until('it is told to come back', () => slow.error() !== undefined)
  const { reason, retryAfterSeconds } = JSON.parse(slow.error() ?? '')
  assert.deepEqual([reason, retryAfterSeconds], ['UNAVAILABLE', 1])
  assert.ok(slow.position() < last, 'it got a part of the snapshot')
  const next = await watch(crowded, { logId, position: slow.position() })
  t.after(() => next.response.destroy())
  await until('it has the rest', () => next.position() === last)
})

const entryAt = (_: unknown, index: number): LoggedEntry => ({
  position: BigInt(index + 1),
  kind: 'ended',
  scope: 'sid',
  value: String(index),
  exceptSid: null,
  awaited: false,
  expiresAt: Date.now() / 1000 + 300,
  remainingMs: 300_000,
})
