/** What must not be reached, and servers that answer in bad faith. */

import assert from 'node:assert/strict'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { after, describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { selfSigned } from '../wires/testing/self-signed.ts'
import { FetchFailed, type GuardedRequest, openGuardedFetch } from './guarded-fetch.ts'

const get: GuardedRequest = {
  method: 'GET',
  accept: ['application/json'],
  bytesMax: 1000,
  timeoutMs: 1000,
}

/** Everything that was asked of any server here. */
const asked: string[] = []

const server = await listen(createServer(answer))
const { certificate, key } = selfSigned()
let connections = 0
const tlsServer = await listen(createTlsServer({ cert: certificate, key: key.reveal() }, answer))

const local = `localhost:${server.port}`
const fetchHere = openGuardedFetch({ privateHosts: [local, `127.0.0.1:${tlsServer.port}`] })
const here = (path: string) => `http://${local}${path}`

async function listen(opened: Server): Promise<{ port: number }> {
  opened.on('connection', () => {
    connections += 1
  })
  await new Promise<void>((resolve) => opened.listen(0, '127.0.0.1', resolve))
  after(() => {
    opened.closeAllConnections()
    opened.close()
  })
  return { port: (opened.address() as AddressInfo).port }
}

/** Refused with this kind; the message matches, and says nothing of what stands after the host. */
async function assertFails(
  answered: Promise<unknown>,
  kind: FetchFailed['kind'],
  message: RegExp,
): Promise<void> {
  await assert.rejects(answered, (error) => {
    assert.ok(error instanceof FetchFailed, String(error))
    assert.equal(error.kind, kind)
    assert.match(error.message, message)
    assert.doesNotMatch(error.message, /secret/u)
    return true
  })
}

describe('where nobody is asked', () => {
  const fetchAny = openGuardedFetch({
    privateHosts: [],
    resolve: async (name) =>
      (names[name] ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
  })
  const names: Record<string, string[]> = {
    'inside.example': ['10.0.0.5'],
    'metadata.example': ['169.254.169.254'],
    'mixed.example': ['8.8.8.8', '127.0.0.1'],
    'mapped.example': ['::ffff:127.0.0.1'],
    'nowhere.example': [],
    'localhost.example': ['127.0.0.1'],
  }
  const port = tlsServer.port
  for (const url of [
    'https://127.0.0.1/?secret',
    `https://127.0.0.1:${port}/?secret`,
    'https://127.1/',
    'https://0x7f000001/',
    'https://2130706433/',
    'https://0177.0.0.1/',
    'https://0/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:a9fe:a9fe]/',
    'https://[64:ff9b::7f00:1]/',
    'https://[fd00:ec2::254]/',
    'https://169.254.169.254/latest/meta-data/?secret',
    'https://metadata.example/?secret',
    'https://inside.example/',
    'https://mixed.example/',
    'https://mapped.example/',
    'https://nowhere.example/',
    `https://localhost.example:${port}/`,
  ])
    it(url, () => assertFails(fetchAny(url, get), 'forbidden', /not on the public internet/u))

  for (const url of [
    'http://example.com/',
    'http://127.0.0.1/',
    `http://localhost:${server.port}/`,
    'ftp://example.com/',
    'file:///etc/passwd',
    'data:application/json,{}',
    'javascript:alert(1)',
    'unix:/run/secret.sock',
  ])
    it(url, () => assertFails(fetchAny(url, get), 'forbidden', /only https/u))

  it('user names and passwords', async () => {
    const answered = fetchHere(`http://user:secret@${local}/json`, get)
    await assertFails(answered, 'forbidden', /no user name/u)
  })

  it('no address at all', () => assertFails(fetchAny('///', get), 'forbidden', /not a web/u))

  it('an allowed host at another port, and an allowed port of another host', async () => {
    const url = `http://localhost:${tlsServer.port}/json`
    await assertFails(fetchHere(url, get), 'forbidden', /only https/u)
    const other = `https://127.0.0.1:${server.port}/json`
    await assertFails(fetchHere(other, get), 'forbidden', /not on the public internet/u)
  })

  it('plain http at an allowed host that is not this machine', async () => {
    const fetch = openGuardedFetch({ privateHosts: ['10.0.0.5:80'] })
    await assertFails(fetch('http://10.0.0.5/', get), 'forbidden', /only https/u)
  })
})

describe('names that change', () => {
  it('the connection goes where the check has looked, whatever the name means by then', async () => {
    // The check is told of a public address, and everybody else that the name means this machine.
    let questions = 0
    const fetch = openGuardedFetch({
      privateHosts: [],
      resolve: async () => {
        questions += 1
        return [{ address: '198.20.0.1', family: 4 }]
      },
    })
    const before = connections
    const url = `https://localhost:${tlsServer.port}/json`
    await assertFails(fetch(url, { ...get, timeoutMs: 300 }), 'failed', /too long|E[A-Z]+/u)
    assert.deepEqual([questions, connections - before], [1, 0])
  })
})

describe('certificates', () => {
  const url = `https://127.0.0.1:${tlsServer.port}/json`

  it('one that nobody vouches for is refused', () =>
    assertFails(fetchHere(url, get), 'failed', /SELF_SIGNED/u))

  it('one of a known authority is taken, for its own name alone', async () => {
    const options = { privateHosts: [`127.0.0.1:${tlsServer.port}`], ca: certificate }
    const { body } = await openGuardedFetch(options)(url, get)
    assert.equal(body.toString(), '{"good":true}')
    const named = openGuardedFetch({ ...options, privateHosts: [`localhost:${tlsServer.port}`] })
    const answered = named(`https://localhost:${tlsServer.port}/json`, get)
    await assertFails(answered, 'failed', /ALTNAME/u)
  })
})

describe('answers in bad faith', () => {
  const refused: [path: string, message: RegExp][] = [
    ['/silent?secret', /too long/u],
    ['/drip?secret', /too long/u],
    ['/endless', /longer than 1000 bytes/u],
    ['/announced', /longer than 1000 bytes/u],
    ['/packed', /packed/u],
    ['/html', /not application\/json/u],
    ['/untyped', /not application\/json/u],
    ['/cut-short', /ECONNRESET|aborted/u],
    ['/garbage', /HPE_/u],
    ['/huge-head', /HPE_HEADER_OVERFLOW/u],
    ['/upgrade', /./u],
  ]
  for (const [path, message] of refused)
    it(path, () => assertFails(fetchHere(here(path), get), 'failed', message))

  it('a redirect is an answer like another, and nobody goes there', async () => {
    const before = asked.length
    const { status, body } = await fetchHere(here('/redirect'), get)
    assert.equal(status, 302)
    assert.equal(body.length, 0)
    assert.deepEqual(asked.slice(before), ['GET /redirect'])
  })

  it('nobody there', async () => {
    const closed = createServer(answer)
    const { port } = await listen(closed)
    await new Promise((resolve) => closed.close(resolve))
    const fetch = openGuardedFetch({ privateHosts: [`localhost:${port}`] })
    await assertFails(fetch(`http://localhost:${port}/?secret`, get), 'failed', /ECONNREFUSED/u)
  })

  it('a name server that never answers', async () => {
    const fetch = openGuardedFetch({ privateHosts: [], resolve: () => new Promise(() => {}) })
    const answered = fetch('https://slow.example/', { ...get, timeoutMs: 50 })
    await assertFails(answered, 'failed', /too long/u)
  })

  it('whoever gives up is not kept', async () => {
    const giving = new AbortController()
    const answered = fetchHere(here('/silent'), { ...get, signal: giving.signal })
    giving.abort()
    await assertFails(answered, 'failed', /./u)
  })
})

describe('what is right', () => {
  it('a body, and how long it may be kept', async () => {
    const { status, body, maxAgeSeconds } = await fetchHere(here('/json'), get)
    assert.deepEqual([status, body.toString(), maxAgeSeconds], [200, '{"good":true}', 120])
  })

  it('a form, whose answer nobody reads', async () => {
    const { status, body } = await fetchHere(here('/take'), {
      method: 'POST',
      contentType: 'application/x-www-form-urlencoded',
      body: 'a=ü',
      bytesMax: 0,
      timeoutMs: 1000,
    })
    assert.deepEqual([status, body.length], [200, 0])
    assert.equal(asked.at(-1), 'POST /take application/x-www-form-urlencoded a=ü')
  })

  it('headers of the asker, and none of them instead of ours', async () => {
    const headers = { authorization: 'Bearer of-a-test', 'user-agent': 'another', host: 'another' }
    const { body } = await fetchHere(here('/headers'), { ...get, headers })
    const { authorization, host, 'user-agent': userAgent } = JSON.parse(body.toString())
    assert.deepEqual([authorization, userAgent, host], ['Bearer of-a-test', 'signet', local])
  })

  it('a refusal, whose body is read where that is asked for', async () => {
    const asking = { ...get, readsRefusals: true }
    const read = await fetchHere(here('/refusal'), asking)
    assert.deepEqual([read.status, read.body.toString()], [400, '{"error":"invalid_grant"}'])
    assert.deepEqual((await fetchHere(here('/refusal'), get)).body.length, 0)
    const page = await fetchHere(here('/refusal-page'), asking)
    assert.deepEqual([page.status, page.body.length], [502, 0])
    const { accept: _, ...unread } = asking
    assert.equal((await fetchHere(here('/refusal'), unread)).body.length, 0)
    await assertFails(fetchHere(here('/refusal-endless'), asking), 'failed', /longer than 1000/u)
  })

  it('every port of a host, where that is allowed', async () => {
    const fetch = openGuardedFetch({ privateHosts: ['localhost:*'] })
    assert.equal((await fetch(here('/json'), get)).status, 200)
  })
})

/** Misbehaves as the path says. */
function answer(...[request, response]: Parameters<RequestListener>): void {
  const { method = '', url = '' } = request
  const { pathname } = new URL(url, 'http://localhost')
  if (method === 'GET') asked.push(`${method} ${pathname}`)
  const json = { 'content-type': 'application/json; charset=utf-8' }
  const socket = response.socket
  const paths: Record<string, () => void> = {
    '/json': () =>
      response.writeHead(200, { ...json, 'cache-control': 'max-age=120' }).end('{"good":true}'),
    '/take': () => {
      let body = ''
      request.on('data', (chunk) => {
        body += chunk
      })
      request.on('end', () => {
        asked.push(`POST /take ${request.headers['content-type']} ${body}`)
        response.writeHead(200, json).end('x'.repeat(100_000))
      })
    },
    '/headers': () => response.writeHead(200, json).end(JSON.stringify(request.headers)),
    '/refusal': () => response.writeHead(400, json).end('{"error":"invalid_grant"}'),
    '/refusal-page': () => response.writeHead(502, { 'content-type': 'text/html' }).end('<p>'),
    '/refusal-endless': () => response.writeHead(400, json).end('x'.repeat(100_000)),
    '/silent': () => {},
    '/drip': () => {
      response.writeHead(200, json)
      const dripping = setInterval(() => response.write(' '), 20)
      response.on('close', () => clearInterval(dripping))
    },
    '/endless': () => {
      response.writeHead(200, json)
      const pouring = setInterval(() => response.write('x'.repeat(100_000)), 1)
      response.on('close', () => clearInterval(pouring))
    },
    '/announced': () =>
      response.writeHead(200, { ...json, 'content-length': 1_000_000 }).write(' '),
    '/packed': () =>
      response
        .writeHead(200, { ...json, 'content-encoding': 'gzip' })
        .end(gzipSync('x'.repeat(1e6))),
    '/html': () => response.writeHead(200, { 'content-type': 'text/html' }).end('{}'),
    '/untyped': () => response.writeHead(200).end('{}'),
    '/cut-short': () => {
      response.writeHead(200, { ...json, 'content-length': 10 }).write('{')
      setTimeout(() => socket?.destroy(), 20)
    },
    '/garbage': () => socket?.end('SSH-2.0-OpenSSH_9.2\r\n\r\n'),
    '/huge-head': () => socket?.end(`HTTP/1.1 200 OK\r\nx-much: ${'x'.repeat(100_000)}\r\n\r\n`),
    '/upgrade': () =>
      socket?.end('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
    '/redirect': () => response.writeHead(302, { location: here('/json') }).end(),
  }
  paths[pathname]?.()
}
