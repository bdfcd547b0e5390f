/**
 * What hostile or broken peers do to connections: say nothing, say half, smuggle, flood. Each connection is ended by a
 * limit of ours, each request that can be answered is refused precisely, and the server goes on.
 */

import assert from 'node:assert/strict'
import http2 from 'node:http2'
import net from 'node:net'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { parseAnswer, rawRequest, request, sendRaw } from './testing/raw-http.ts'
import { startTestListener, type TestListener, tokens } from './testing/test-listener.ts'

const limits = {
  headerBytes: 4096,
  headersMax: 30,
  helloTimeoutMs: 250,
  requestTimeoutMs: 500,
  idleSocketTimeoutMs: 250,
  streamsPerConnectionMax: 10,
}
const policy = 'GET /api/v1/auth/password-policy'
const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'

let listener: TestListener

before(async () => {
  listener = await startTestListener({ limits })
})

after(() => listener.close(0))

afterEach(async () => {
  assert.equal((await request(listener.port, policy)).status, 200, 'the server is alive')
})

async function refused(bytes: Parameters<typeof sendRaw>[1], status: number, reason: string) {
  const answer = parseAnswer(await sendRaw(listener.port, bytes))
  assert.equal(answer.status, status)
  assert.equal(answer.headers['content-type']?.split(';')[0], 'application/problem+json')
  assert.equal(answer.headers.connection, 'close')
  const problem = JSON.parse(answer.body)
  assert.equal(problem.reason, reason)
  assert.equal(problem.status, status)
  assert.equal(problem.reference, answer.headers['signet-reference'])
}

describe('a connection that does not get to the point is closed', () => {
  const halves: [name: string, bytes: string][] = [
    ['silent', ''],
    ['one letter that begins PRI and POST', 'P'],
    ['half a preface', 'PRI * HT'],
    ['a preface and nothing else', preface],
    ['a preface and half a frame', `${preface}\u0000\u0000`],
  ]
  for (const [name, bytes] of halves)
    test(name, async () => {
      const received = await sendRaw(listener.port, bytes)
      assert.ok(!received.startsWith('HTTP/1'), received)
    })

  test('half a request line', () => refused('GET /api', 408, 'TIMEOUT'))

  test('a header without an end', () => refused('GET / HTTP/1.1\r\nHost: x\r\nX-A', 408, 'TIMEOUT'))

  test('a header that comes letter by letter', async () => {
    const received = await new Promise<string>((resolve) => {
      const socket = net.connect(listener.port, '127.0.0.1')
      let text = ''
      socket.write('GET / HTTP/1.1\r\nHost: x\r\n')
      const drip = setInterval(() => socket.write('x'), 20)
      socket.on('data', (chunk) => {
        text += chunk
      })
      socket.on('error', () => {})
      socket.on('close', () => {
        clearInterval(drip)
        resolve(text)
      })
    })
    assert.equal(parseAnswer(received).status, 408)
  })

  test('a body without an end', () =>
    refused(
      rawRequest('POST /api/v1/auth/sign-up', {
        'content-type': 'application/json',
        'content-length': '100',
      }),
      408,
      'TIMEOUT',
    ))

  test('kept alive and then unused', async () => {
    const received = await sendRaw(listener.port, rawRequest(policy, { connection: 'keep-alive' }))
    assert.equal(parseAnswer(received).status, 200)
  })

  test('closed from the other side after half a request', async () => {
    const received = await sendRaw(listener.port, 'GET / HT', { halfClose: true })
    assert.match(received, /^(HTTP\/1\.1 400|$)/)
  })

  test('closed from the other side after a whole request, which is answered', async () => {
    const received = await sendRaw(listener.port, rawRequest(policy), { halfClose: true })
    assert.equal(parseAnswer(received).status, 200)
  })

  test('HTTP/2 without a request', async () => {
    const session = http2.connect(listener.url)
    await closed(session)
  })

  test('HTTP/2 that only pings', async () => {
    const session = http2.connect(listener.url)
    const pings = setInterval(() => {
      if (!session.destroyed) session.ping(() => {})
    }, 20)
    await closed(session)
    clearInterval(pings)
  })

  test('HTTP/2 with a body without an end', async () => {
    const session = http2.connect(listener.url)
    session.on('error', () => {})
    const stream = session.request({
      ':method': 'POST',
      ':path': '/api/v1/auth/sign-up',
      'content-type': 'application/json',
    })
    stream.on('error', () => {})
    const answered = new Promise<number>((resolve) =>
      stream.on('response', (head) => resolve(Number(head[':status']))),
    )
    stream.resume()
    stream.write('{')
    await new Promise((resolve) => stream.on('close', resolve))
    assert.equal(await answered, 408)
    session.destroy()
  })
})

describe('a peer that never reads its answer gives its connection back', () => {
  const document = '/large'
  const connectionsMax = 5
  let small: TestListener

  beforeEach(async () => {
    small = await startTestListener({
      limits: { ...limits, connectionsMax },
      answer: () =>
        (async function* () {
          for (;;) yield { event: { id: 'x'.repeat(100_000) } }
        })(),
      mountExtra: (fastify) => {
        const text = 'x'.repeat(10_000_000)
        fastify.get(document, async () => text)
        fastify.get('/livez', async () => 'ok')
      },
    })
  })

  afterEach(() => small.close(0))

  /** Resolves when an answer has begun, or its connection was taken back already: whoever is slow is late for both. */
  const begunOrOver = (peer: NodeJS.EventEmitter, begun: string) =>
    new Promise((resolve) => peer.once(begun, resolve).once('close', resolve))

  /** Fails by the time limit of the test where no connection becomes free. */
  async function answersAgain(): Promise<void> {
    for (;;) {
      const { status } = await request(small.port, 'GET /livez')
      if (status === 200) return
      await pause(50)
    }
  }

  const authorization = `Bearer ${tokens.reader}`
  const events = 'GET /api/v1/events/watch'
  const readers: [name: string, bytes: Buffer][] = [
    ['a large answer', rawRequest(`GET ${document}`, { connection: 'keep-alive' })],
    [
      'many pipelined answers',
      Buffer.concat(
        Array.from({ length: 5 }, () =>
          rawRequest(`GET ${document}`, { connection: 'keep-alive' }),
        ),
      ),
    ],
    ['an event stream', rawRequest(events, { authorization })],
  ]
  for (const [name, bytes] of readers)
    test(`HTTP/1.1, ${name}`, { timeout: 15_000 }, async () => {
      const sockets = Array.from({ length: connectionsMax }, () => {
        const socket = net.connect(small.port, '127.0.0.1').pause()
        socket.on('error', () => {})
        socket.write(bytes)
        return socket
      })
      await Promise.all(sockets.map((socket) => begunOrOver(socket, 'readable')))
      await answersAgain()
      for (const socket of sockets) socket.destroy()
    })

  for (const path of [document, events.slice(4)])
    test(`HTTP/2 with a window of 0, ${path}`, { timeout: 15_000 }, async () => {
      const sessions = Array.from({ length: connectionsMax }, () => {
        const session = http2.connect(small.url, { settings: { initialWindowSize: 0 } })
        session.on('error', () => {})
        return session
      })
      await Promise.all(
        sessions.map((session) => {
          const stream = session.request({ ':path': path, authorization })
          stream.on('error', () => {})
          return begunOrOver(stream, 'response')
        }),
      )
      await answersAgain()
      for (const session of sessions) session.destroy()
    })
})

describe('a request that cannot be trusted in its framing', () => {
  const body = 'GET /x HTTP/1.1\r\nHost: x\r\n\r\n'
  const head = 'POST /api/v1/auth/sign-up HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n'
  const cases: [name: string, bytes: string][] = [
    [
      'both lengths',
      `${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${body}`,
    ],
    ['two different lengths', `${head}Content-Length: 5\r\nContent-Length: 6\r\n\r\n12345`],
    ['a length with a sign', `${head}Content-Length: +5\r\n\r\n12345`],
    ['a negative length', `${head}Content-Length: -1\r\n\r\n`],
    ['a length in words', `${head}Content-Length: five\r\n\r\n12345`],
    ['an unknown transfer coding', `${head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
    ['chunked that is not last', `${head}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`],
    ['a broken chunk size', `${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n`],
    ['white space before the colon', `${head}X-A : 1\r\n\r\n`],
    ['a folded header line', `${head}X-A: 1\r\n 2\r\n\r\n`],
    ['a NUL in a header', `${head}X-A: a\u0000b\r\n\r\n`],
    ['a bare line feed', 'GET / HTTP/1.1\nHost: x\n\n'],
    ['a bare carriage return', 'GET / HTTP/1.1\r\nX: a\rb\r\n\r\n'],
    ['no host', 'GET / HTTP/1.1\r\n\r\n'],
    ['two hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n'],
    ['an unknown version', 'GET / HTTP/9.9\r\nHost: x\r\n\r\n'],
    ['an unknown method', 'FROB / HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a space in the target', 'GET /a b HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['no HTTP at all', '\u0016\u0003\u0001\u0000\u0000 hello\r\n\r\n'],
    ['nothing but letters', 'x'.repeat(100)],
  ]
  for (const [name, bytes] of cases)
    test(name, async () => {
      const received = await sendRaw(listener.port, Buffer.from(bytes, 'latin1'))
      assert.equal(received.split('HTTP/1.1 ').length, 2, 'one answer, not two')
      assert.match(received, /^HTTP\/1\.1 4\d\d /)
    })

  for (const hosts of ['', 'Host: a\r\nHost: b\r\n'])
    test(`with ${hosts === '' ? 'no' : 'two'} hosts gets a problem document`, () =>
      refused(`${policy} HTTP/1.1\r\n${hosts}\r\n`, 400, 'INVALID_ARGUMENT'))

  test('CONNECT opens no tunnel', async () => {
    const received = await sendRaw(listener.port, 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n')
    assert.ok(!received.startsWith('HTTP/1.1 2'))
  })

  test('an upgrade is not taken', async () => {
    const headers = { connection: 'upgrade', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAAQAAP__' }
    const received = await sendRaw(listener.port, rawRequest(policy, headers))
    assert.match(received, /^HTTP\/1\.1 200 /)
  })
})

describe('a header beyond the limits', () => {
  test('in bytes', () => refused(rawRequest(policy, { 'x-a': 'x'.repeat(5000) }), 431, 'TOO_LARGE'))

  test('in the target', () =>
    refused(rawRequest(`${policy}?${'x'.repeat(5000)}`), 431, 'TOO_LARGE'))

  test('in lines', async () => {
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`x-${i}`, '']))
    const answer = await request(listener.port, policy, many)
    assert.equal(answer.status, 431)
    assert.equal(JSON.parse(answer.body).reason, 'TOO_LARGE')
  })

  test('in bytes, over HTTP/2', async () => {
    assert.equal(await statusOverHttp2({ 'x-a': 'x'.repeat(5000) }), 431)
  })

  test('in lines, over HTTP/2, resets the stream', async () => {
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`x-${i}`, '']))
    assert.equal(await statusOverHttp2(many), undefined)
  })
})

/** The status of a request with these headers; undefined where its stream was reset. */
async function statusOverHttp2(headers: Record<string, string>): Promise<number | undefined> {
  const session = http2.connect(listener.url)
  session.on('error', () => {})
  const stream = session.request({ ':path': '/api/v1/auth/password-policy', ...headers })
  let status: number | undefined
  stream.on('response', (head) => {
    status = head[':status']
  })
  stream.on('error', () => {})
  stream.resume()
  await new Promise((resolve) => stream.on('close', resolve))
  session.destroy()
  return status
}

describe('a flood over HTTP/2', () => {
  test('of streams is held at the limit', async () => {
    const session = http2.connect(listener.url)
    session.on('error', () => {})
    await new Promise((resolve) => session.once('remoteSettings', resolve))
    assert.equal(session.remoteSettings.maxConcurrentStreams, limits.streamsPerConnectionMax)
    assert.equal(session.remoteSettings.maxHeaderListSize, limits.headerBytes)
    session.destroy()
  })

  test('of requests that are taken back ends the connection', async () => {
    // With the usual time limits, so that nothing but the flood itself can end the connection.
    const patient = await startTestListener()
    const session = http2.connect(patient.url)
    session.on('error', () => {})
    const floodsMax = 20_000
    let sent = 0
    while (sent < floodsMax && !session.destroyed && !session.closed) {
      const stream = session.request({ ':path': '/api/v1/auth/password-policy' })
      stream.on('error', () => {})
      stream.close(http2.constants.NGHTTP2_CANCEL)
      sent += 1
      if (sent % 10 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    assert.ok(sent < floodsMax, `${sent} requests were taken back on one connection`)
    session.destroy()
    await patient.close(0)
  })

  test('of rubbish instead of frames ends the connection', async () => {
    const rubbish = Buffer.concat([Buffer.from(preface), Buffer.alloc(5000, 0xff)])
    const received = await sendRaw(listener.port, rubbish)
    assert.ok(!received.startsWith('HTTP/1'))
  })
})

function closed(session: http2.ClientHttp2Session): Promise<void> {
  return new Promise((resolve) => {
    session.on('error', () => {})
    session.on('close', () => resolve())
  })
}
