/** A short soak with a fixed seed, and what its checker must find: the full run is `npm run bench:soak`. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { type Answer, NoAnswer, NotSent, openConnections } from './connections.ts'
import { expectJson, expectProblem, TooBusy, Wrong } from './judge.ts'
import { kinds } from './kinds.ts'
import { countOf } from './load.ts'
import { runSoak } from './soak.ts'

test('every answer is right, and under ten times the load a refusal that says when to come back', async () => {
  const result = await runSoak({
    steadySeconds: 5,
    overloadSeconds: 3,
    afterwardsSeconds: 4,
    accounts: 8,
    // More than are worked on at once, and few enough for a machine that does much else.
    connectionsMax: 400,
    seed: 20_261_130,
    progress() {},
  })
  assert.deepEqual(result.sentences, [])
  const asked = result.phases.flatMap(({ tally }) => [...tally.kinds.keys()])
  assert.equal(new Set(asked).size, kinds.length)
  const [, overload, afterwards] = result.phases
  assert.ok(overload !== undefined && countOf(overload.tally, 'refused') > 0, 'nothing was refused')
  assert.ok(countOf(overload.tally, 'right') > 0, 'nothing was served meanwhile')
  const last = afterwards?.tally.ends.slice(-10) ?? []
  assert.ok(last.some(({ verdict }) => verdict === 'right'))
})

const problem = { status: 503, reason: 'UNAVAILABLE', detail: 'Try again.', reference: 'ABCD' }
const busy: Answer = {
  status: 503,
  headers: { 'content-type': 'application/problem+json', 'retry-after': '1' },
  body: JSON.stringify(problem),
}

describe('the judge', () => {
  test('takes a refusal only with a time to come back and a reason', () => {
    assert.throws(() => expectJson(busy), TooBusy)
    const { 'retry-after': _, ...headers } = busy.headers
    assert.throws(() => expectJson({ ...busy, headers }), Wrong)
    assert.throws(() => expectJson({ ...busy, headers: { ...headers, 'retry-after': '0' } }), Wrong)
    assert.throws(() => expectJson({ ...busy, body: '{}' }), Wrong)
    assert.throws(() => expectJson({ ...busy, body: 'Bad Gateway' }), Wrong)
    assert.throws(() => expectJson({ ...busy, status: 500 }), Wrong)
  })

  test('holds a problem document against status, reason and reference', () => {
    const headers = { 'content-type': 'application/problem+json', 'signet-reference': 'ABCD' }
    const answer = (change: object) => ({
      status: 401,
      headers,
      body: JSON.stringify({ ...problem, status: 401, reason: 'UNAUTHENTICATED', ...change }),
    })
    expectProblem(answer({}), 401, 'UNAUTHENTICATED')
    assert.throws(
      () => expectProblem(answer({ reason: 'INTERNAL' }), 401, 'UNAUTHENTICATED'),
      Wrong,
    )
    assert.throws(() => expectProblem(answer({ reference: 'X' }), 401, 'UNAUTHENTICATED'), Wrong)
  })
})

describe('connections', () => {
  let server: Server
  let origin: string

  before(async () => {
    server = createServer((request, response) => {
      if (request.url === '/never') return
      if (request.url === '/reset') response.socket?.destroy()
      else response.setHeader('content-length', 2).end('ok')
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  after(() => {
    server.closeAllConnections()
    server.close()
  })

  const get = (path: string) => Buffer.from(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`)

  test('are used again, and no more of them are opened than there may be', async () => {
    const connections = openConnections(origin, 2)
    const answers = await Promise.all(Array.from({ length: 9 }, () => connections.send(get('/'))))
    assert.ok(answers.every(({ status, body }) => status === 200 && body === 'ok'))
    const [count] = await new Promise<[number]>((resolve) => {
      server.getConnections((_, opened) => resolve([opened]))
    })
    assert.equal(count, 2)
    connections.close()
  })

  test('tell an answer that was cut off from a call that was never sent', async (t) => {
    const connections = openConnections(origin, 1)
    await assert.rejects(connections.send(get('/reset')), NoAnswer)
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const held = connections.send(get('/never'))
    const waiting = connections.send(get('/'))
    t.mock.timers.tick(5_000)
    await assert.rejects(waiting, NotSent)
    t.mock.timers.tick(60_000)
    await assert.rejects(held, NoAnswer)
    connections.close()
  })
})
