/** Every adapter on its real framework, over real HTTP: the same verdicts, in the words of each. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, request as httpRequest, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import express from 'express'
import fastify from 'fastify'
import { Hono, type MiddlewareHandler } from 'hono'
import { protect as protectExpress, tokenOf as tokenOfExpress } from './express.ts'
import { protect as protectFastify, tokenOf as tokenOfFastify } from './fastify.ts'
import { protect as protectHono, tokenOf as tokenOfHono } from './hono.ts'
import { protect as protectNext } from './next.ts'
import { verifyRequest } from './request.ts'
import { createTestIssuer, type TestIssuer } from './test-issuer.ts'
import { listenToRequests } from './testing/request-server.ts'
import { createVerifier, type Verifier } from './verifier.ts'

const audience = 'https://api.example.com'
const needs = { scope: 'invoices.read' }

interface App {
  url: string
  close(): Promise<void>
}

type OpenApp = (verifier: Verifier) => Promise<App>

async function listen(listener: RequestListener): Promise<App> {
  const server: Server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const close = async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  return { url: `http://127.0.0.1:${port}`, close }
}

const frameworks: Record<string, OpenApp> = {
  express(verifier) {
    const app = express()
    const router = express.Router()
    router.get('/', protectExpress(verifier, needs), (request, response) => {
      response.send(tokenOfExpress(request).sub)
    })
    app.use('/invoices', router)
    app.get('/open', (request, response) => {
      response.send(tokenOfExpress(request).sub)
    })
    return listen(app)
  },
  async fastify(verifier) {
    const app = fastify()
    app.get('/invoices', { onRequest: protectFastify(verifier, needs) }, async (request) => {
      return tokenOfFastify(request).sub
    })
    app.get('/open', async (request) => tokenOfFastify(request).sub)
    const url = await app.listen({ host: '127.0.0.1', port: 0 })
    return { url, close: () => app.close() }
  },
  hono(verifier) {
    const app = new Hono()
    const limitBody: MiddlewareHandler = (context, next) => {
      context.req.raw = new Request(context.req.raw)
      return next()
    }
    app.get('/invoices', protectHono(verifier, needs), limitBody, (context) =>
      context.text(tokenOfHono(context).sub),
    )
    app.get('/open', (context) => context.text(tokenOfHono(context).sub))
    return listen(listenToRequests((request) => app.fetch(request)))
  },
  next(verifier) {
    const GET = protectNext(verifier, needs, (_request, token, _context: { params: object }) => {
      return new Response(token.sub)
    })
    return listen(
      listenToRequests((request) =>
        request.url.endsWith('/open')
          ? new Response(null, { status: 500 })
          : GET(request, { params: {} }),
      ),
    )
  },
  'a plain Request'(verifier) {
    return listen(
      listenToRequests(async (request) => {
        if (request.url.endsWith('/open')) return new Response(null, { status: 500 })
        const token = await verifyRequest(verifier, request, needs)
        return token instanceof Response ? token : new Response(token.sub)
      }),
    )
  },
}

for (const [name, openApp] of Object.entries(frameworks)) {
  describe(name, () => {
    let issuer: TestIssuer
    let verifier: Verifier
    let app: App
    before(async () => {
      issuer = createTestIssuer()
      verifier = createVerifier({ ...issuer.verifierOptions, audience })
      await verifier.ready()
      app = await openApp(verifier)
    })
    after(async () => {
      await app.close()
      verifier.close()
      issuer.close()
    })

    const get = (authorization?: string, path = '/invoices') =>
      fetch(app.url + path, { headers: authorization === undefined ? {} : { authorization } })
    const mint = (scope = 'invoices.read') => issuer.mint({ audience, scope })

    async function assertProblem(response: Response, status: number, reason: string) {
      assert.equal(response.status, status)
      assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json/)
      assert.equal(response.headers.get('cache-control'), 'no-store')
      const problem = (await response.json()) as Record<string, unknown>
      assert.equal(problem.status, status)
      assert.equal(problem.reason, reason)
      assert.equal(typeof problem.detail, 'string')
    }

    test('a good token reaches the handler', async () => {
      const token = mint()
      const response = await get(token.authorization)
      assert.equal(response.status, 200)
      assert.equal(await response.text(), token.claims.sub)
      // The scheme is the same in any case (RFC 9110 §11.1).
      assert.equal((await get(`bEARER  ${token.accessToken}`)).status, 200)
    })

    test('no token: 401 with a bare challenge (RFC 6750 §3)', async () => {
      for (const authorization of [undefined, 'Basic YTpi', 'Bearerx y']) {
        const response = await get(authorization)
        assert.equal(response.headers.get('www-authenticate'), 'Bearer')
        await assertProblem(response, 401, 'no_token')
      }
    })

    test('a bad token: 401 invalid_token (RFC 6750 §3.1)', async () => {
      const { accessToken } = mint()
      const response = await get(`Bearer ${accessToken.slice(0, -4)}AAAA`)
      const challenge = response.headers.get('www-authenticate') ?? ''
      assert.match(challenge, /^Bearer error="invalid_token", error_description="[^"\\]+"$/)
      await assertProblem(response, 401, 'wrong_signature')
    })

    test('a token without the scope: 403 insufficient_scope, and which scope', async () => {
      const response = await get(mint('invoices.write').authorization)
      assert.match(
        response.headers.get('www-authenticate') ?? '',
        /^Bearer error="insufficient_scope", .*, scope="invoices\.read"$/,
      )
      await assertProblem(response, 403, 'insufficient_scope')
    })

    test('two ways of presenting, or a token in the address: 400 invalid_request (RFC 6750 §2)', async () => {
      const { authorization, accessToken } = mint()
      const inQuery = await get(authorization, `/invoices?x=1&access_token=${accessToken}`)
      assert.match(inQuery.headers.get('www-authenticate') ?? '', /^Bearer error="invalid_request"/)
      await assertProblem(inQuery, 400, 'bad_presentation')
      const alone = await get(undefined, `/invoices?access%5Ftoken=${accessToken}`)
      await assertProblem(alone, 400, 'bad_presentation')
      for (const odd of ['Bearer', 'Bearer ', `${authorization} x`, `${authorization}, Bearer x`]) {
        await assertProblem(await get(odd), 400, 'bad_presentation')
      }
      assert.equal(await statusOfTwo(app.url, authorization), 400)
    })

    test('while the view is old: 503 with Retry-After and no challenge, never 401', async () => {
      const { authorization } = mint()
      issuer.cutOff()
      issuer.advance(11)
      const response = await get(authorization)
      assert.equal(response.headers.get('www-authenticate'), null)
      assert.equal(response.headers.get('retry-after'), '2')
      await assertProblem(response, 503, 'stale_view')
      issuer.restore()
    })

    test('a route that is not protected has no token', async () => {
      assert.equal((await get(mint().authorization, '/open')).status, 500)
    })
  })
}

/** Two Authorization headers in one request, of which Node shows the first alone. */
async function statusOfTwo(url: string, authorization: string): Promise<number | undefined> {
  const request = httpRequest(`${url}/invoices`)
  request.setHeader('authorization', [authorization, authorization])
  request.end()
  const [response] = (await once(request, 'response')) as [import('node:http').IncomingMessage]
  response.resume()
  return response.statusCode
}

test('a route that no token could ever pass is not made', async () => {
  const issuer = createTestIssuer()
  const verifier = createVerifier({ ...issuer.verifierOptions, audience })
  for (const protect of [protectExpress, protectFastify, protectHono]) {
    assert.throws(() => protect(verifier, { permission: 'x' }), TypeError)
  }
  assert.throws(() => protectNext(verifier, { permission: 'x' }, () => new Response()), TypeError)
  verifier.close()
  issuer.close()
})
