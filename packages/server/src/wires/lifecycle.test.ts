/** How calls, streams and the server itself end: in time, early, or with the peer gone. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import http2 from 'node:http2'
import net from 'node:net'
import { afterEach, describe, test } from 'node:test'
import { createAdmission } from '../call/admission.ts'
import type { RequestContext } from '../request-context.ts'
import { rawRequest, request, sendRaw } from './testing/raw-http.ts'
import { grpcJsClient, libraryClients } from './testing/rpc-clients.ts'
import {
  startTestListener,
  type TestListener,
  type TestListenerOptions,
  tokens,
} from './testing/test-listener.ts'

const policy = '/api/v1/auth/password-policy'
const policyMethod = 'signet.v1.AuthService/GetPasswordPolicy'
const watchMethod = 'signet.v1.EventService/WatchEvents'
const reader = { authorization: `Bearer ${tokens.reader}` }

const open: TestListener[] = []

async function start(options: TestListenerOptions): Promise<TestListener> {
  const listener = await startTestListener(options)
  open.push(listener)
  return listener
}

afterEach(async () => {
  for (const listener of open.splice(0)) await listener.close(0)
})

/** Handlers that wait until the test lets them go. */
function gate() {
  const reached = Promise.withResolvers<RequestContext>()
  const release = Promise.withResolvers<object>()
  return {
    reached: reached.promise,
    release: () => release.resolve({}),
    answer: async (_method: string, ctx: RequestContext) => {
      reached.resolve(ctx)
      return release.promise
    },
  }
}

/** A stream that yields once, and then waits for its end. */
function watching() {
  const reached = Promise.withResolvers<RequestContext>()
  const ended = Promise.withResolvers<void>()
  return {
    reached: reached.promise,
    ended: ended.promise,
    answer: (_method: string, ctx: RequestContext) =>
      (async function* () {
        try {
          yield { event: { id: '1' } }
          reached.resolve(ctx)
          await aborted(ctx.signal)
        } finally {
          ended.resolve()
        }
      })(),
  }
}

async function* noEvents() {}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve()))
}

describe('closing', () => {
  test('finishes what is in flight, over both versions of HTTP, and takes nothing new', async () => {
    for (const send of [viaHttp1, viaHttp2]) {
      const work = gate()
      const listener = await start({ answer: work.answer })
      const answer = send(listener)
      await work.reached
      const closed = listener.close(60_000)
      await assert.rejects(fetch(listener.url + policy))
      work.release()
      assert.equal(await answer, 200)
      await closed
    }
  })

  test('ends connections that wait for their next request', async () => {
    const listener = await start({})
    const received = sendRaw(
      listener.port,
      rawRequest(`GET ${policy}`, { connection: 'keep-alive' }),
    )
    const session = http2.connect(listener.url)
    await new Promise((resolve) => session.once('remoteSettings', resolve))
    const gone = new Promise((resolve) => session.once('close', resolve))
    await listener.close(60_000)
    assert.match(await received, /^(HTTP\/1\.1 200|$)/)
    await gone
  })

  test('ends streams with UNAVAILABLE, not as if they were complete', async () => {
    const work = watching()
    const listener = await start({ answer: work.answer })
    const events = request(listener.port, 'GET /api/v1/events/watch', reader)
    await work.reached
    const [client] = libraryClients(listener.url).filter(({ name }) => name === 'grpc')
    const verdict = client?.call(watchMethod, {}, { token: tokens.reader })
    while (listener.app.admission.counts().stream < 2) await new Promise(setImmediate)
    await listener.close(60_000)
    await work.ended
    assert.match(
      (await events).body,
      /event: error\ndata: \{.*"reason":"UNAVAILABLE".*"retryAfterSeconds":1/,
    )
    assert.equal((await verdict)?.result, 'UNAVAILABLE')
    assert.equal((await verdict)?.messages.length, 1)
  })

  test('cuts what is left after the grace', async () => {
    const work = gate()
    const listener = await start({ answer: work.answer })
    const answer = assert.rejects(fetch(listener.url + policy))
    await work.reached
    await listener.close(50)
    await answer
    work.release()
  })
})

async function viaHttp1(listener: TestListener): Promise<number> {
  return (await request(listener.port, `GET ${policy}`, { connection: 'keep-alive' })).status
}

function viaHttp2(listener: TestListener): Promise<number> {
  const session = http2.connect(listener.url)
  const stream = session.request({ ':path': policy })
  return new Promise((resolve, reject) => {
    stream.on('response', (head) => resolve(Number(head[':status'])))
    stream.on('error', reject)
    stream.resume()
  })
}

describe('a caller who leaves', () => {
  test('aborts the signal of a call and of a stream, and is no error', async () => {
    for (const path of [policy, '/api/v1/events/watch']) {
      const work = path === policy ? gate() : watching()
      const listener = await start({
        answer: (method, ctx) => {
          void ctx.signal
          return work.answer(method, ctx)
        },
      })
      const leaving = http.get(listener.url + path, { headers: reader })
      leaving.on('error', () => {})
      const ctx = await work.reached
      const signalled = aborted(ctx.signal)
      leaving.destroy()
      await signalled
      if ('ended' in work) await work.ended
      else work.release()
      const { counts } = listener.app.admission
      while (counts().unary + counts().stream > 0) await new Promise(setImmediate)
      assert.deepEqual(listener.logLines, [])
    }
  })

  test('by cancelling over gRPC', async () => {
    const work = watching()
    const listener = await start({ answer: work.answer })
    const session = http2.connect(listener.url)
    const stream = session.request({
      ':method': 'POST',
      ':path': `/${watchMethod}`,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...reader,
    })
    stream.on('error', () => {})
    stream.end(Buffer.alloc(5))
    await work.reached
    stream.close(http2.constants.NGHTTP2_CANCEL)
    await work.ended
    while (listener.outcomes.length === 0) await new Promise(setImmediate)
    assert.equal(listener.outcomes[0]?.result, 'gone')
    session.destroy()
  })
})

describe('time', () => {
  test('limits a call whose handler never answers', async () => {
    const work = gate()
    const listener = await start({ answer: work.answer, limits: { requestTimeoutMs: 50 } })
    const answer = await request(listener.port, `GET ${policy}`)
    assert.equal(answer.status, 408)
    assert.equal(JSON.parse(answer.body).reason, 'TIMEOUT')
    assert.ok((await work.reached).signal.aborted)
    assert.equal(listener.app.admission.counts().unary, 1, 'late work keeps its place')
    work.release()
    while (listener.app.admission.counts().unary > 0) await new Promise(setImmediate)
  })

  test("is also limited by the caller's own deadline", async () => {
    const work = gate()
    const listener = await start({ answer: work.answer })
    for (const client of libraryClients(listener.url)) {
      const verdict = await client.call(policyMethod, {}, { token: undefined, timeoutMs: 50 })
      assert.match(verdict.result, /^TIMEOUT$|^no detail, code DeadlineExceeded$/, client.name)
    }
    work.release()
  })

  test('limits a stream by the life of its token', async () => {
    const work = watching()
    const listener = await start({
      answer: work.answer,
      app: {
        authenticate: async (_deps, ctx) =>
          ({
            kind: 'user',
            permissions: new Set(['*']),
            expiresAt: new Date(ctx.now.getTime() + 50),
          }) as never,
      },
    })
    const { body } = await request(listener.port, 'GET /api/v1/events/watch', reader)
    assert.match(body, /data: \{"event".*event: error\ndata: \{.*"reason":"UNAUTHENTICATED"/s)
    await work.ended
  })

  test('does not limit an open stream otherwise, and heartbeats keep it open', async () => {
    const work = watching()
    const listener = await start({
      answer: work.answer,
      limits: {
        requestTimeoutMs: 20,
        helloTimeoutMs: 20,
        idleSocketTimeoutMs: 20,
        heartbeatMs: 20,
      },
    })
    const session = http2.connect(listener.url)
    const stream = session.request({ ':path': '/api/v1/events/watch', ...reader })
    stream.setEncoding('utf8')
    let text = ''
    await new Promise<void>((resolve, reject) => {
      stream.on('close', () => reject(new Error(`closed after ${text}`)))
      stream.on('data', (chunk: string) => {
        text += chunk
        if (text.split(': heartbeat').length > 10) resolve()
      })
    })
    session.destroy()
    await work.ended
  })
})

test("a caller's trace is continued on every wire", async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const seen: unknown[] = []
  const listener = await start({
    app: {
      trace: (labels, run) => {
        seen.push(labels.traceparent)
        return run()
      },
    },
  })
  await request(listener.port, `GET ${policy}`, { traceparent })
  const json = { 'content-type': 'application/json', traceparent }
  await request(listener.port, `POST /${policyMethod}`, json, '{}')
  assert.deepEqual(seen, [traceparent, traceparent])
})

describe('too much at once', () => {
  test('is UNAVAILABLE with a time to come back, and over again afterwards', async () => {
    const work = gate()
    const listener = await start({
      answer: work.answer,
      app: { admission: createAdmission({ callsMax: 1, streamsMax: 0 }) },
    })
    const first = request(listener.port, `GET ${policy}`)
    await work.reached
    const second = await request(listener.port, `GET ${policy}`)
    assert.equal(second.status, 503)
    assert.equal(second.headers['retry-after'], '1')
    assert.equal(JSON.parse(second.body).reason, 'UNAVAILABLE')
    const client = grpcJsClient(`${listener.host}:${listener.port}`)
    const third = await client.call(policyMethod, {}, { token: undefined })
    assert.deepEqual([third.result, third.retryAfterSeconds], ['UNAVAILABLE', 1])
    client.close()
    assert.equal((await request(listener.port, 'GET /api/v1/events/watch', reader)).status, 503)
    work.release()
    assert.equal((await first).status, 200)
    assert.equal((await request(listener.port, `GET ${policy}`)).status, 200)
  })

  test('gives places back when a call is refused behind the gate', async () => {
    const listener = await start({
      app: { admission: createAdmission({ callsMax: 1, streamsMax: 1 }) },
    })
    for (let i = 0; i < 5; i++)
      assert.equal((await request(listener.port, 'GET /api/v1/users/me')).status, 401)
    assert.deepEqual(listener.app.admission.counts(), { unary: 0, stream: 0, public_stream: 0 })
  })

  test('of streams that anybody may open takes no place from those with a token', async () => {
    const listener = await start({ answer: noEvents })
    const publicMax = 100
    const session = http2.connect(listener.url)
    session.on('error', () => {})
    const grpc = { ':method': 'POST', 'content-type': 'application/grpc', te: 'trailers' }
    const watchHealth = (via: http2.ClientHttp2Session) => {
      const stream = via.request({ ...grpc, ':path': '/grpc.health.v1.Health/Watch' })
      stream.on('error', () => {})
      stream.end(Buffer.alloc(5))
      return stream
    }
    for (let i = 0; i < publicMax - 1; i++) watchHealth(session)
    const { counts } = listener.app.admission
    while (counts().public_stream < publicMax - 1) await new Promise(setImmediate)
    const last = http2.connect(listener.url)
    last.on('error', () => {})
    await new Promise((resolve) => watchHealth(last).once('data', resolve))
    const refused = watchHealth(last)
    const [trailers] = await once(refused.resume(), 'trailers')
    assert.equal(trailers['grpc-status'], '14')
    const watched = await request(listener.port, 'GET /api/v1/events/watch', reader)
    assert.equal(watched.status, 200)
    last.destroy()
    session.destroy()
  })

  test('of connections is not accepted', async () => {
    const listener = await start({ limits: { connectionsMax: 1 } })
    const first = net.connect(listener.port, '127.0.0.1')
    await new Promise((resolve) => first.once('connect', resolve))
    first.write(rawRequest(`GET ${policy}`, { connection: 'keep-alive' }))
    await new Promise((resolve) => first.once('data', resolve))
    assert.equal(await sendRaw(listener.port, rawRequest(`GET ${policy}`)), '')
    first.destroy()
  })
})
