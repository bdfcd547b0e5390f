/** The feed over real HTTP, and everything that can happen to a connection. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { describe, test } from 'node:test'
import { eventually } from './testing/conditions.ts'
import { claimsOf, logId } from './testing/scripted-issuer.ts'
import {
  assertRefused,
  clock,
  events,
  issuer,
  openVerifier,
  readyVerifier,
  revoke,
  useScriptedIssuer,
} from './testing/verifier-under-test.ts'

useScriptedIssuer()

const watchPath = '/api/v1/revocations/watch'
const reportPath = '/api/v1/revocations/report-position'
const disconnects = () =>
  events.flatMap((event) => (event.kind === 'feed_disconnected' ? [event.detail] : []))

/** What a server does with a reader that knows where it is: nothing is repeated. */
function resume(): void {
  issuer.onWatch = (feed) => {
    const since = feed.query.get('since')
    feed.send(since === null ? { reset: true } : { position: since })
  }
}

test('the verifier says who it is, and goes on where it was', async () => {
  resume()
  const verifier = await readyVerifier({ name: 'ledger api', stalenessBudgetSeconds: 20 })
  const text = issuer.mint()
  await revoke(verifier, issuer.entry(1, 'jti', claimsOf(text).jti))
  issuer.latest().destroy()
  await eventually(() => issuer.connections.length === 2)
  await eventually(() => verifier.status().revocations.connected)
  const [first, second] = issuer.connections.map(({ query }) => query)
  assert.equal(first?.get('logId'), null)
  assert.equal(first?.get('verifierName'), 'ledger api')
  assert.equal(first?.get('stalenessBudgetSeconds'), '20')
  assert.match(first?.get('verifierId') ?? '', /^[0-9a-f-]{36}$/)
  assert.equal(second?.get('verifierId'), first?.get('verifierId'))
  assert.deepEqual([second?.get('logId'), second?.get('since')], [logId, '1'])
  await assertRefused(verifier, text, 'revoked')
  assert.equal(verifier.status().revocations.reconnects, 1)
  const basic = issuer.asked.find(({ path }) => path === watchPath)?.authorization
  assert.match(basic ?? '', /^Basic /)
  assert.equal(
    issuer.asked.find(({ path }) => path.endsWith('jwks.json'))?.authorization,
    undefined,
  )
})

describe('a feed that is cut', () => {
  test('is tried again with longer and longer pauses; live tokens pass meanwhile; then it is as before', async () => {
    resume()
    const verifier = await readyVerifier()
    const text = issuer.mint()
    await issuer.stop()
    await eventually(() => disconnects().length >= 4)
    assert.ok(await verifier.verify(text))
    assert.ok(disconnects().length < 30, 'not in a hot loop')
    clock.pass(11_000)
    await assertRefused(verifier, text, 'stale_view')
    await issuer.restart()
    await eventually(() => verifier.status().revocations.connected)
    assert.ok(await verifier.verify(text))
    await revoke(verifier, issuer.entry(1, 'jti', claimsOf(text).jti))
    await assertRefused(verifier, text, 'revoked')
  })

  test('by an end, an error event, a refusal, a redirect or nonsense is tried again', async () => {
    resume()
    const verifier = await readyVerifier()
    const ways: ((tell: typeof issuer) => void)[] = [
      ({ latest }) => latest().end(),
      ({ latest }) => latest().write('event: end\ndata: {}\n\n'),
      ({ latest }) => latest().write('event: error\ndata: {"detail":"shutting down"}\n\n'),
      ({ latest }) => latest().write('data: {"logId":7}\n\n'),
      ({ latest }) => latest().write('data: \xff{\n\n'),
    ]
    for (const cut of ways) {
      const before = issuer.connections.length
      cut(issuer)
      await eventually(() => issuer.connections.length > before)
      await eventually(() => verifier.status().revocations.connected)
      assert.ok(await verifier.verify(issuer.mint()))
    }
    const asked = issuer.timesAsked(watchPath)
    for (const [status, headers, detail] of [
      [401, {}, 'answers 401'],
      [503, { 'retry-after': '5' }, 'answers 503'],
      [307, { location: '/elsewhere' }, 'unexpected redirect'],
      [200, { 'content-type': 'text/html' }, 'answers 200, text/html'],
    ] as const) {
      issuer.answer(watchPath, (_, response) => response.writeHead(status, headers).end('<html>'))
      issuer.latest().destroy()
      await eventually(() => disconnects().some((told) => told.includes(detail)))
    }
    assert.ok(issuer.timesAsked(watchPath) > asked)
    assert.equal(issuer.timesAsked('/elsewhere'), 0)
    assert.ok(disconnects().every((detail) => !detail.includes('s:e c%ret')))
  })

  test('by silence, as of a half-open connection, is noticed within seconds', async () => {
    resume()
    await readyVerifier()
    const started = performance.now()
    // The scripted issuer sends no heartbeats of its own.
    await eventually(() => issuer.connections.length === 2)
    assert.ok(performance.now() - started > 4_000)
    assert.ok(disconnects().some((detail) => detail.includes('nothing came')))
  })
})

describe('a step that was held back', () => {
  test('while the process was stopped for a minute is a minute old, not new', async () => {
    resume()
    const verifier = await readyVerifier()
    const text = issuer.mint()
    const feed = issuer.latest()
    // Made before the pause, read after it: the sender's clock says when.
    const madeAt = String(Math.floor(clock.monotonicMs()))
    clock.pass(60_000)
    issuer.onWatch = () => undefined
    feed.send({ clockMs: madeAt })
    await eventually(() => issuer.connections.length === 2)
    await assertRefused(verifier, text, 'stale_view')
    assert.ok(disconnects().some((detail) => /held back for \d{5} ms/.test(detail)))
    issuer.latest().send({ position: '0' })
    await eventually(() => (verifier.status().revocations.ageSeconds ?? 99) < 5)
    assert.ok(await verifier.verify(text))
  })

  test('by the way to the first step counts for every later one', async () => {
    issuer.onWatch = (feed) => {
      clock.pass(4_000)
      feed.send({ reset: true })
    }
    const verifier = await readyVerifier()
    const { ageSeconds = 0 } = verifier.status().revocations
    assert.ok(ageSeconds >= 4 && ageSeconds < 6, `${ageSeconds}`)
  })
})

describe('positions that go back within a log', () => {
  test('renew nothing; the log is read anew from a snapshot, which must reach what was known', async () => {
    resume()
    const verifier = await readyVerifier()
    const text = issuer.mint()
    issuer.latest().send({ position: '10' })
    await eventually(() => verifier.status().revocations.position === 10)
    await revoke(verifier, issuer.entry(11, 'jti', claimsOf(text).jti))
    issuer.onWatch = (feed) => feed.send({ reset: true, position: '3' })
    clock.pass(5_000)
    issuer.latest().send({ position: '9' })
    await eventually(() => issuer.connections.length === 2)
    assert.equal(issuer.latest().query.get('logId'), null)
    await assertRefused(verifier, text, 'revoked')
    const { position, ageSeconds = 0 } = verifier.status().revocations
    assert.equal(position, 11)
    assert.ok(ageSeconds >= 5, 'an older snapshot renews nothing')
    const other = issuer.mint()
    clock.pass(6_000)
    await assertRefused(verifier, other, 'stale_view')
    issuer.latest().send({ position: '12', entries: [issuer.entry(11, 'jti', claimsOf(text).jti)] })
    await eventually(() => verifier.status().revocations.position === 12)
    assert.ok(await verifier.verify(other))
    await assertRefused(verifier, text, 'revoked')
  })
})

test('a log with another id replaces the one before when it is whole', async () => {
  const verifier = await readyVerifier()
  const text = issuer.mint()
  await revoke(verifier, issuer.entry(1, 'jti', claimsOf(text).jti))
  const next = { logId: 'log-2', position: '4294967297' }
  issuer.latest().send({ ...next, reset: true, complete: false })
  await assertRefused(verifier, text, 'revoked')
  issuer.latest().send({ ...next, entries: [issuer.entry(4294967297, 'everything')] })
  await eventually(() => verifier.status().revocations.logId === 'log-2')
  await assertRefused(verifier, text, 'revoked')
  assert.ok(await verifier.verify(issuer.mint({ rev: 4294967297 })))
})

describe('somebody waits for a receipt', () => {
  test('the position is reported at once, after it was applied, one call at a time', async () => {
    const verifier = await readyVerifier()
    const text = issuer.mint()
    const entries = [issuer.entry(1, 'jti', claimsOf(text).jti)]
    issuer.latest().send({ entries, position: '1', report: true })
    await eventually(() => issuer.timesAsked(reportPath) === 1)
    await assertRefused(verifier, text, 'revoked')
    const report = JSON.parse(issuer.asked.at(-1)?.body ?? '')
    const verifierId = issuer.latest().query.get('verifierId')
    assert.deepEqual(report, { verifierId, logId, position: '1' })
    assert.match(issuer.asked.at(-1)?.authorization ?? '', /^Basic /)

    let release = () => {}
    issuer.answer(reportPath, (_, response) => {
      release = () => response.end('{}')
    })
    for (let n = 2; n <= 50; n++) issuer.latest().send({ position: String(n), report: true })
    await eventually(() => verifier.status().revocations.position === 50)
    await eventually(() => issuer.timesAsked(reportPath) >= 2)
    assert.equal(issuer.timesAsked(reportPath), 2)
    release()
    await eventually(() => issuer.timesAsked(reportPath) === 3)
    release()
    assert.equal(JSON.parse(issuer.asked.at(-1)?.body ?? '').position, '50')
  })

  test('nothing is reported of a snapshot that is not whole, and a failed report harms nothing', async () => {
    issuer.onWatch = (feed) => feed.send({ reset: true, complete: false, report: true })
    const verifier = openVerifier()
    await eventually(() => verifier.status().revocations.connected)
    issuer.answer(reportPath, (_, response) => response.writeHead(500).end())
    issuer.latest().send({ report: true })
    await verifier.ready()
    await eventually(() => events.some(({ kind }) => kind === 'report_failed'))
    assert.equal(issuer.timesAsked(reportPath), 1)
    assert.ok(await verifier.verify(issuer.mint()))
  })
})

/** A way to the issuer that lets few bytes through at a time, and cuts whenever it likes. */
async function openLossyWay(
  toPort: number,
): Promise<{ url: string; cuts(): number; close(): void }> {
  let cuts = 0
  let bytes = 0
  const open = new Set<Socket>()
  const way: Server = createServer((near) => {
    const far = connect(toPort, '127.0.0.1')
    for (const socket of [near, far]) {
      open.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        near.destroy()
        far.destroy()
      })
    }
    near.pipe(far)
    far.on('data', (chunk: Buffer) => {
      for (let at = 0; at < chunk.length; at += 7) near.write(chunk.subarray(at, at + 7))
      bytes += chunk.length
      if (bytes > 20_000) {
        bytes = 0
        cuts += 1
        near.destroy()
      }
    })
  })
  way.listen(0, '127.0.0.1')
  await once(way, 'listening')
  return {
    url: `http://127.0.0.1:${(way.address() as AddressInfo).port}`,
    cuts: () => cuts,
    close() {
      way.close()
      for (const socket of open) socket.destroy()
    },
  }
}

test('a large snapshot over a way that keeps cutting arrives whole, with every entry', async () => {
  const total = 1_000
  const text = issuer.mint()
  const { jti } = claimsOf(text)
  issuer.onWatch = (feed) => {
    const since = feed.query.get('since')
    let position = Number(since ?? 0)
    if (since === null) feed.send({ reset: true, complete: false })
    while (position < total) {
      position += 1
      const entry = issuer.entry(position, 'jti', position === 999 ? jti : `other ${position}`)
      const complete = position === total
      feed.send({ position: String(position), entries: [entry], complete })
    }
    if (since === String(total)) feed.send({ position: since })
  }
  const way = await openLossyWay(Number(new URL(issuer.url).port))
  const verifier = openVerifier({ url: way.url })
  await verifier.ready()
  assert.ok(way.cuts() >= 3, `${way.cuts()} cuts`)
  assert.equal(verifier.status().revocations.entries, total)
  await assertRefused(verifier, text, 'revoked')
  verifier.close()
  way.close()
})
