/** The ways in besides a plain call: TLS, a port for gRPC alone, health, reflection, other origins, extra routes. */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import http2 from 'node:http2'
import https from 'node:https'
import net from 'node:net'
import { afterEach, describe, test } from 'node:test'
import tls from 'node:tls'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createClient } from '@connectrpc/connect'
import { createGrpcTransport } from '@connectrpc/connect-node'
import { AuthService } from '@signet/contract'
import { Health, HealthCheckResponse_ServingStatus as ServingStatus } from '@signet/contract/grpc'
import { request, sendRaw } from './testing/raw-http.ts'
import { selfSigned } from './testing/self-signed.ts'
import {
  startTestListener,
  type TestListener,
  type TestListenerOptions,
  tokens,
} from './testing/test-listener.ts'

const policy = '/api/v1/auth/password-policy'
const policyProcedure = '/signet.v1.AuthService/GetPasswordPolicy'
const buf = fileURLToPath(new URL('../../../../node_modules/.bin/buf', import.meta.url))
const run = promisify(execFile)

const open: TestListener[] = []

async function start(options: TestListenerOptions): Promise<TestListener> {
  const listener = await startTestListener(options)
  open.push(listener)
  return listener
}

afterEach(async () => {
  for (const listener of open.splice(0)) await listener.close(0)
})

describe('TLS', () => {
  test('serves HTTP/1.1, HTTP/2 and gRPC by ALPN, and asks browsers to stay', async () => {
    const files = selfSigned()
    const listener = await start({ config: { tls: files }, answer: () => ({ minLength: 8 }) })
    const ca = files.certificate
    const h1 = await new Promise<Record<string, unknown>>((resolve, reject) => {
      https
        .get(listener.url + policy, { ca }, (res) => {
          res.resume()
          resolve({ status: res.statusCode, hsts: res.headers['strict-transport-security'] })
        })
        .on('error', reject)
    })
    assert.deepEqual(h1, { status: 200, hsts: 'max-age=63072000; includeSubDomains' })
    const session = http2.connect(listener.url, { ca })
    const h2 = await new Promise((resolve) =>
      session
        .request({ ':path': policy })
        .on('response', (head) => resolve(head[':status']))
        .resume(),
    )
    assert.equal(h2, 200)
    session.destroy()
    const transport = createGrpcTransport({ baseUrl: listener.url, nodeOptions: { ca } })
    const answer = await createClient(AuthService, transport).getPasswordPolicy({})
    assert.equal(answer.minLength, 8)
  })

  test('closes a connection that says nothing after its handshake', async () => {
    const listener = await start({ config: { tls: selfSigned() }, limits: { helloTimeoutMs: 100 } })
    for (const ALPNProtocols of [['h2'], ['http/1.1'], []]) {
      const socket = tls.connect({ port: listener.port, rejectUnauthorized: false, ALPNProtocols })
      socket.on('error', () => {}).resume()
      await new Promise((resolve) => socket.on('close', resolve))
    }
  })

  test('closes a handshake that is not finished, and plain text', async () => {
    const listener = await start({ config: { tls: selfSigned() }, limits: { helloTimeoutMs: 100 } })
    for (const bytes of ['', '\u0016\u0003\u0001', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'])
      assert.doesNotMatch(await sendRaw(listener.port, bytes), /^HTTP/)
  })
})

describe('a port for gRPC alone', () => {
  test('serves procedures and nothing else', async () => {
    const listener = await start({ config: { grpcAddress: { host: '127.0.0.1', port: 0 } } })
    const port = Number(listener.grpc?.split(':').at(-1))
    const json = { 'content-type': 'application/json' }
    assert.equal((await request(port, `POST ${policyProcedure}`, json, '{}')).status, 200)
    assert.equal((await request(port, `GET ${policy}`)).status, 404)
    assert.equal((await request(listener.port, `POST ${policyProcedure}`, json, '{}')).status, 200)
    assert.equal((await request(listener.port, `GET ${policy}`)).status, 200)
  })

  test('that is taken stops the other one too', async () => {
    const taken = net.createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => taken.once('listening', resolve))
    const { port } = taken.address() as net.AddressInfo
    const config = { grpcAddress: { host: '127.0.0.1', port } }
    await assert.rejects(startTestListener({ config }), { code: 'EADDRINUSE' })
    taken.close()
  })
})

describe('health', () => {
  test('tells of the instance and each service', async () => {
    const listener = await start({})
    const health = createClient(Health, createGrpcTransport({ baseUrl: listener.url }))
    for (const service of ['', 'signet.v1.AuthService'])
      assert.equal((await health.check({ service })).status, ServingStatus.SERVING)
    await assert.rejects(health.check({ service: 'nope' }), { code: 5 })
    const { statuses } = await health.list({})
    assert.deepEqual(Object.keys(statuses).sort(), [
      '',
      'signet.v1.AuthService',
      'signet.v1.AvatarService',
      'signet.v1.ClientService',
      'signet.v1.ConsentService',
      'signet.v1.EmailService',
      'signet.v1.EventService',
      'signet.v1.FederationService',
      'signet.v1.GuestService',
      'signet.v1.InvitationService',
      'signet.v1.PhoneService',
      'signet.v1.ProviderService',
      'signet.v1.RecoveryService',
      'signet.v1.RevocationService',
      'signet.v1.SessionService',
      'signet.v1.TokenService',
      'signet.v1.UserService',
    ])
    for (const [service, expected] of [
      ['', ServingStatus.SERVING],
      ['nope', ServingStatus.SERVICE_UNKNOWN],
    ] as const) {
      for await (const { status } of health.watch({ service })) {
        assert.equal(status, expected)
        break
      }
    }
  })
})

describe('reflection', () => {
  const curl = (...args: string[]) =>
    run(buf, ['curl', '--http2-prior-knowledge', ...args]).then(({ stdout }) => stdout)

  test('lets buf curl list and call', async () => {
    const listener = await start({ answer: () => ({ minLength: 8, refusesCommon: true }) })
    const listed = (await curl('--protocol', 'grpc', '--list-methods', listener.url)).split('\n')
    for (const { name } of listener.app.methods) assert.ok(listed.includes(name), name)
    for (const version of ['v1', 'v1alpha'])
      for (const protocol of ['grpc', 'grpcweb', 'connect']) {
        const text = await curl(
          ...['--protocol', protocol, '--reflect-protocol', `grpc-${version}`],
          listener.url + policyProcedure,
        )
        assert.deepEqual(JSON.parse(text), { minLength: 8, refusesCommon: true })
      }
  })

  test('can be switched off', async () => {
    const listener = await start({ config: { reflection: false } })
    await assert.rejects(curl('--protocol', 'grpc', '--list-methods', listener.url))
    const path = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo'
    assert.equal((await request(listener.port, `POST ${path}`)).status, 404)
  })

  test('survives rubbish', async () => {
    const listener = await start({})
    const path = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo'
    for (const type of ['application/grpc', 'application/connect+json', 'application/json', 'x'])
      await request(listener.port, `POST ${path}`, { 'content-type': type }, '\u0000\u0000x')
    assert.equal((await request(listener.port, `GET ${policy}`)).status, 200)
  })
})

describe('pages of other origins', () => {
  const allowed = 'https://app.example.com'
  const preflight = {
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization',
  }
  const config = { corsOrigins: [allowed] }

  test('that are allowed may call and read', async () => {
    const listener = await start({ config })
    for (const path of [policy, policyProcedure]) {
      const before = await request(listener.port, `OPTIONS ${path}`, {
        origin: allowed,
        ...preflight,
      })
      assert.equal(before.status, 204)
      assert.equal(before.headers['access-control-allow-origin'], allowed)
      assert.match(before.headers['access-control-allow-headers'] ?? '', /Authorization/)
    }
    const answer = await request(listener.port, `GET ${policy}`, { origin: allowed })
    assert.equal(answer.headers['access-control-allow-origin'], allowed)
    assert.match(
      answer.headers['access-control-expose-headers'] ?? '',
      /Signet-Reference, Retry-After/,
    )
    assert.match(answer.headers.vary ?? '', /Origin/)
    assert.equal(answer.headers['access-control-allow-credentials'], undefined)
  })

  for (const origin of [
    'https://evil.example',
    `${allowed}.evil.example`,
    `${allowed}:8443`,
    'http://app.example.com',
    'null',
    '*',
  ])
    test(`such as ${origin} may not`, async () => {
      for (const listener of [await start({ config }), await start({})]) {
        const refused = await request(listener.port, `OPTIONS ${policy}`, { origin, ...preflight })
        assert.equal(refused.status, 403)
        assert.equal(JSON.parse(refused.body).reason, 'ORIGIN_NOT_ALLOWED')
        const answer = await request(listener.port, `GET ${policy}`, { origin })
        for (const each of [refused, answer])
          assert.equal(each.headers['access-control-allow-origin'], undefined)
      }
    })
})

describe('the address of the caller', () => {
  const claims = [
    { 'x-forwarded-for': '203.0.113.7' },
    { forwarded: 'for=203.0.113.7;proto=https' },
    { 'x-forwarded-for': '203.0.113.7', 'x-forwarded-proto': 'https' },
  ]

  async function addressWith(trustedProxies: string[], headers: Record<string, string>) {
    const seen: string[] = []
    const listener = await start({
      config: { trustedProxies },
      answer: (_method, ctx) => {
        seen.push(ctx.ipAddress)
        return {}
      },
    })
    const rest = await request(listener.port, `GET ${policy}`, headers)
    await request(
      listener.port,
      `POST ${policyProcedure}`,
      { ...headers, 'content-type': 'application/json' },
      '{}',
    )
    assert.equal(seen[0], seen[1])
    return { address: seen[0], hsts: rest.headers['strict-transport-security'] !== undefined }
  }

  test('is the socket, whatever an untrusted peer claims', async () => {
    for (const headers of claims)
      for (const trusted of [[], ['10.0.0.0/8', '2001:db8::/32']])
        assert.deepEqual(await addressWith(trusted, headers), { address: '127.0.0.1', hsts: false })
  })

  test('is what a trusted proxy reports', async () => {
    for (const headers of claims) {
      const { address } = await addressWith(['127.0.0.0/8'], headers)
      assert.equal(address, '203.0.113.7')
    }
    assert.ok((await addressWith(['127.0.0.1'], claims[1] ?? {})).hsts)
  })

  const chains: [headers: Record<string, string>, address: string][] = [
    [{ 'x-forwarded-for': '1.2.3.4, 203.0.113.7' }, '203.0.113.7'],
    [{ 'x-forwarded-for': '1.2.3.4, 203.0.113.7, 127.0.0.9' }, '203.0.113.7'],
    [{ 'x-forwarded-for': '::ffff:203.0.113.7' }, '203.0.113.7'],
    [{ 'x-forwarded-for': '203.0.113.7:4711' }, '203.0.113.7'],
    [{ 'x-forwarded-for': '[2001:db8::1]:4711' }, '2001:db8::1'],
    [{ forwarded: 'for=1.2.3.4, for="[2001:db8::1]:4711";by=127.0.0.1' }, '2001:db8::1'],
    [{ forwarded: 'for=unknown' }, '127.0.0.1'],
    [{ forwarded: 'for=_hidden' }, '127.0.0.1'],
    [{ 'x-forwarded-for': '<script>' }, '127.0.0.1'],
    [{ 'x-forwarded-for': '' }, '127.0.0.1'],
    [{ 'x-forwarded-for': '127.0.0.2, 127.0.0.3' }, '127.0.0.2'],
    [{ 'x-forwarded-for': '1.2.3.4', forwarded: 'for=203.0.113.7' }, '127.0.0.1'],
    [{ 'x-forwarded-for': '203.0.113.7', forwarded: 'for=203.0.113.7' }, '203.0.113.7'],
  ]
  for (const [headers, address] of chains)
    test(`is ${address} for ${JSON.stringify(headers)}`, async () => {
      assert.equal((await addressWith(['127.0.0.0/8'], headers)).address, address)
    })

  test('needs proxies that are addresses', async () => {
    for (const entry of [
      'proxy.example.com',
      '10.0.0.0/33',
      '10.0.0.0/-1',
      '10.0.0.0/',
      '10.0.0.0/8/8',
      '::1/200',
    ])
      await assert.rejects(startTestListener({ config: { trustedProxies: [entry] } }), entry)
  })
})

describe('routes outside the contract', () => {
  test('share references, headers and refusals, and may set their own policy', async () => {
    const listener = await start({
      mountExtra: (fastify) => {
        fastify.get('/page', async (_request, reply) =>
          reply
            .type('text/html')
            .header('content-security-policy', "default-src 'self'")
            .send('<p>'),
        )
        fastify.get('/bug', () => {
          throw new Error('secret of the house')
        })
      },
    })
    const page = await request(listener.port, 'GET /page')
    assert.equal(page.headers['content-security-policy'], "default-src 'self'")
    assert.equal(page.headers['x-content-type-options'], 'nosniff')
    assert.match(page.headers['signet-reference'] ?? '', /^\w{4}-\w{4}-\w{4}$/)
    const bug = await request(listener.port, 'GET /bug')
    assert.equal(bug.status, 500)
    assert.ok(!bug.body.includes('secret'))
    const { reference, reason } = JSON.parse(bug.body)
    assert.equal(reason, 'INTERNAL')
    const lines = listener.logLines.filter((each) => each.includes('secret of the house'))
    assert.deepEqual(
      lines.map((line) => JSON.parse(line).reference),
      [reference],
    )
    assert.equal((await request(listener.port, 'POST /page')).headers.allow, 'GET, HEAD')
  })
})

describe('an answer', () => {
  const long = 'x'.repeat(5000)
  const me = (listener: TestListener, headers: Record<string, string>) =>
    request(listener.port, 'GET /api/v1/users/me', {
      authorization: `Bearer ${tokens.plain}`,
      ...headers,
    })

  test('is compressed where that is welcome and worth it', async () => {
    const listener = await start({
      answer: (method) => (method.endsWith('GetMe') ? { user: { id: long } } : {}),
    })
    const gzipped = await me(listener, { 'accept-encoding': 'br, gzip;q=0.5' })
    assert.equal(gzipped.headers['content-encoding'], 'gzip')
    assert.ok(Number(gzipped.headers['content-length']) < 1000)
    const fetched = await fetch(`${listener.url}/api/v1/users/me`, {
      headers: { authorization: `Bearer ${tokens.plain}`, 'accept-encoding': 'gzip' },
    })
    assert.equal(((await fetched.json()) as { user: { id: string } }).user.id, long)
    for (const accept of ['identity', 'gzip;q=0', 'gzip; q=0.0', 'br'])
      assert.equal(
        (await me(listener, { 'accept-encoding': accept })).headers['content-encoding'],
        undefined,
      )
    const short = await request(listener.port, `GET ${policy}`, { 'accept-encoding': 'gzip' })
    assert.equal(short.headers['content-encoding'], undefined)
    assert.match(short.headers.vary ?? '', /Accept-Encoding/)
  })
})
