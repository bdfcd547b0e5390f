/** The adapters for Connect and for grpc-js, each on a real server. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { connectNodeAdapter } from '@connectrpc/connect-node'
import {
  Client,
  credentials,
  Server as GrpcServer,
  Metadata,
  type MethodDefinition,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceError,
  status,
} from '@grpc/grpc-js'
import { AuthService } from '@signet/contract'
import { protect as protectConnect, tokenOf as tokenOfConnect } from './connect.ts'
import { protect as protectGrpc, tokenOf as tokenOfGrpc } from './grpc.ts'
import { createTestIssuer, type TestIssuer } from './test-issuer.ts'
import { eventually } from './testing/conditions.ts'
import { createVerifier, type Verifier } from './verifier.ts'

const audience = 'https://api.example.com'
const needs = { scope: 'invoices.read' }

let issuer: TestIssuer
let verifier: Verifier
before(async () => {
  issuer = createTestIssuer()
  verifier = createVerifier({ ...issuer.verifierOptions, audience })
  await verifier.ready()
})
after(() => {
  verifier.close()
  issuer.close()
})

const mint = (scope = 'invoices.read') => issuer.mint({ audience, scope })

describe('connect', () => {
  let server: Server
  let seen: string | undefined
  before(async () => {
    server = createServer(
      connectNodeAdapter({
        interceptors: [protectConnect(verifier, needs)],
        routes: (router) =>
          void router.service(AuthService, {
            getPasswordPolicy(_request, context) {
              seen = tokenOfConnect(context).sub
              return {}
            },
          }),
      }),
    )
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  after(() => {
    server.closeAllConnections()
    server.close()
  })

  function call(authorization?: string, query = ''): Promise<Response> {
    const { port } = server.address() as AddressInfo
    const path = `/${AuthService.typeName}/GetPasswordPolicy${query}`
    return fetch(`http://127.0.0.1:${port}${path}`, {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json', ...(authorization && { authorization }) },
    })
  }

  const cases: [string, () => string | undefined, number, string, RegExp | null][] = [
    ['no token', () => undefined, 401, 'unauthenticated', /^Bearer$/],
    ['a bad token', () => 'Bearer x.y.z', 401, 'unauthenticated', /error="invalid_token"/],
    ['no scope', () => mint('x').authorization, 403, 'permission_denied', /scope="invoices.read"/],
    ['two tokens', () => 'Bearer x, Bearer y', 400, 'invalid_argument', /error="invalid_request"/],
  ]
  for (const [what, authorization, httpStatus, code, challenge] of cases) {
    test(`${what}: ${code}`, async () => {
      const response = await call(authorization())
      assert.equal(response.status, httpStatus)
      assert.match(response.headers.get('www-authenticate') ?? '', challenge ?? /^$/)
      assert.equal(((await response.json()) as { code: string }).code, code)
    })
  }

  test('a good token reaches the method', async () => {
    const { authorization, claims } = mint()
    assert.equal((await call(authorization)).status, 200)
    assert.equal(seen, claims.sub)
  })

  test('while the view is old: unavailable, with the time to try again', async () => {
    const { authorization } = mint()
    issuer.cutOff()
    issuer.advance(11)
    const response = await call(authorization)
    assert.equal(response.status, 503)
    assert.equal(response.headers.get('retry-after'), '2')
    assert.equal(response.headers.get('www-authenticate'), null)
    issuer.restore()
    await verifierIsFresh()
  })
})

describe('grpc-js', () => {
  const bytes = { serialize: (value: Buffer) => value, deserialize: (value: Buffer) => value }
  const method = (name: string, responseStream: boolean): MethodDefinition<Buffer, Buffer> => ({
    path: `/test.Invoices/${name}`,
    requestStream: false,
    responseStream,
    requestSerialize: bytes.serialize,
    requestDeserialize: bytes.deserialize,
    responseSerialize: bytes.serialize,
    responseDeserialize: bytes.deserialize,
  })
  const methods = { get: method('Get', false), list: method('List', true) }

  let server: GrpcServer
  let client: Client
  let handled = 0
  before(async () => {
    server = new GrpcServer({ interceptors: [protectGrpc(verifier, needs)] })
    server.addService(methods, {
      get(call: ServerUnaryCall<Buffer, Buffer>, done: (error: null, value: Buffer) => void) {
        handled += 1
        done(null, Buffer.from(tokenOfGrpc(call).sub))
      },
      list(call: ServerWritableStream<Buffer, Buffer>) {
        for (let n = 0; n < 3; n++) call.write(Buffer.from(`${tokenOfGrpc(call).sub} ${n}`))
        call.end()
      },
    })
    const bind = promisify(server.bindAsync.bind(server))
    const port = await bind('127.0.0.1:0', ServerCredentials.createInsecure())
    client = new Client(`127.0.0.1:${port}`, credentials.createInsecure())
  })
  after(() => {
    client.close()
    server.forceShutdown()
  })

  function get(authorization?: string): Promise<string> {
    const metadata = new Metadata()
    if (authorization !== undefined) metadata.set('authorization', authorization)
    const { path } = methods.get
    return new Promise((resolve, reject) => {
      client.makeUnaryRequest<Buffer, Buffer>(
        path,
        bytes.serialize,
        bytes.deserialize,
        Buffer.alloc(0),
        metadata,
        (error, value) => (error === null ? resolve(String(value)) : reject(error)),
      )
    })
  }

  async function assertCode(call: Promise<unknown>, code: status, challenge: RegExp) {
    await assert.rejects(call, (error: ServiceError) => {
      assert.equal(error.code, code)
      assert.match(error.metadata.get('www-authenticate').join(), challenge)
      return true
    })
  }

  test('a good token reaches the method, unary and streaming', async () => {
    const { authorization, claims } = mint()
    assert.equal(await get(authorization), claims.sub)
    const metadata = new Metadata()
    metadata.set('authorization', authorization)
    const { path } = methods.list
    const stream = client.makeServerStreamRequest<Buffer, Buffer>(
      path,
      bytes.serialize,
      bytes.deserialize,
      Buffer.alloc(0),
      metadata,
    )
    const answers: string[] = []
    for await (const answer of stream) answers.push(String(answer))
    assert.deepEqual(
      answers,
      [0, 1, 2].map((n) => `${claims.sub} ${n}`),
    )
  })

  test('anything else does not, and says why', async () => {
    const before = handled
    await assertCode(get(), status.UNAUTHENTICATED, /^Bearer$/)
    await assertCode(get('Bearer x.y.z'), status.UNAUTHENTICATED, /error="invalid_token"/)
    await assertCode(
      get(mint('x').authorization),
      status.PERMISSION_DENIED,
      /scope="invoices.read"/,
    )
    const { authorization } = mint()
    await assertCode(
      get(`${authorization}, ${authorization}`),
      status.INVALID_ARGUMENT,
      /invalid_request/,
    )
    assert.equal(handled, before)
  })

  test('while the view is old: UNAVAILABLE', async () => {
    const { authorization } = mint()
    issuer.cutOff()
    issuer.advance(11)
    await assertCode(get(authorization), status.UNAVAILABLE, /^$/)
    issuer.restore()
    await verifierIsFresh()
  })
})

async function verifierIsFresh(): Promise<void> {
  await eventually(() => (verifier.status().revocations.ageSeconds ?? 99) < 5)
}
