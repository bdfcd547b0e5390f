/**
 * Relying parties that we did not write, without a special case for any of them: openid-client (the web app and the machine of
 * `examples/`) and oauth4webapi. Each signs in, refreshes, calls an API and signs out.
 */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { createRemoteJWKSet, exportJWK, generateKeyPair, jwtVerify } from 'jose'
import * as oauth from 'oauth4webapi'
import { signIn } from '../client.ts'
import { freePort, listening, openWorld, startApp, type World, walkerOf } from './world.ts'

let world: World
before(async () => {
  world = await openWorld()
})
after(() => world?.close())

describe('openid-client: a web app', () => {
  it('signs in, calls an API, refreshes, signs out, and hears of a sign-out elsewhere', async (t) => {
    const port = String(await freePort())
    const self = `http://localhost:${port}`
    const secret = await world.registerClient(
      'web-app',
      ...['--type', 'confidential', '--scope', 'openid', 'profile', 'email'],
      ...['--redirect-uri', `${self}/callback`, '--post-logout-redirect-uri', `${self}/`],
      ...['--backchannel-logout-uri', `${self}/backchannel-logout`],
    )
    const app = await startApp('web-app', {
      SIGNET_ISSUER: world.issuer,
      SIGNET_CLIENT_ID: 'web-app',
      SIGNET_CLIENT_SECRET: secret,
      PORT: port,
    })
    t.after(() => app.stop())
    const person = walkerOf(world)
    assert.equal((await person.go(`${self}/`)).html, 'Nobody is signed in.')
    assert.match((await person.go(`${self}/login`)).html, /^Signed in: /u)
    const { html } = await person.go(`${self}/me`)
    assert.equal(JSON.parse(html).email, world.person.email)
    assert.equal((await person.go(`${self}/refresh`)).html, 'Refreshed.')
    assert.equal((await person.go(`${self}/me`)).status, 200)

    // Known at Signet, so nothing is asked; and no longer known after signing out.
    const left = await person.go(`${self}/logout`)
    assert.deepEqual([left.url, left.html], [`${self}/`, 'Nobody is signed in.'])
    assert.equal((await person.look(`${world.issuer}/signed-in`)).location, '/sign-in')

    assert.match((await person.go(`${self}/login`)).html, /^Signed in: /u)
    const elsewhere = await signIn(world.server.url, world.person)
    const everywhere = await fetch(`${world.server.url}/api/v1/auth/sign-out`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        token: elsewhere.body.tokens?.refreshToken,
        scope: 'SIGN_OUT_SCOPE_EVERYWHERE',
        waitMs: 10_000,
      }),
    })
    const { receipt } = (await everywhere.json()) as {
      receipt: { clients: { clientId: string; delivery: string }[] }
    }
    assert.deepEqual(
      receipt.clients.map(({ clientId, delivery }) => [clientId, delivery]),
      [['web-app', 'LOGOUT_DELIVERY_DELIVERED']],
    )
    assert.equal((await person.go(`${self}/`)).html, 'Nobody is signed in.')
  })
})

describe('openid-client: a machine', () => {
  const audience = 'https://api.example.com'

  /** An API that believes the published keys, and nothing else of Signet. */
  async function startApi(): Promise<{ url: string; callers: unknown[]; close(): void }> {
    const keys = createRemoteJWKSet(new URL(`${world.issuer}/.well-known/jwks.json`))
    const callers: unknown[] = []
    const api = createServer(async (request, response) => {
      const token = request.headers.authorization?.replace(/^Bearer /u, '') ?? ''
      const options = { issuer: world.issuer, audience, typ: 'at+jwt' }
      const verified = await jwtVerify(token, keys, options).catch(() => undefined)
      if (verified !== undefined) callers.push(verified.payload.sub, verified.payload.scope)
      response.writeHead(verified === undefined ? 401 : 200).end('invoices')
    })
    const { port } = await listening(api)
    return { url: `http://localhost:${port}/`, callers, close: () => api.close() }
  }

  async function runMachine(environment: Record<string, string>): Promise<string> {
    const child = spawn(process.execPath, ['client.js'], {
      cwd: join(import.meta.dirname, '../../examples/machine'),
      env: { PATH: process.env.PATH ?? '', SIGNET_ISSUER: world.issuer, ...environment },
    })
    let said = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text
      })
    await once(child, 'close')
    return said
  }

  it('calls an API as itself, by its secret and by its key', async (t) => {
    const api = await startApi()
    t.after(() => api.close())
    const options = ['--type', 'service', '--audience', audience, '--scope', 'invoices.read']
    const secret = await world.registerClient('nightly', ...options)
    const where = { API: api.url, AUDIENCE: audience }
    const bySecret = { SIGNET_CLIENT_ID: 'nightly', SIGNET_CLIENT_SECRET: secret, ...where }
    assert.equal(await runMachine(bySecret), '200 invoices\n')

    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
    const keySet = join(world.server.dataDir, 'machine.jwks')
    const key = join(world.server.dataDir, 'machine.jwk')
    const published = { keys: [{ ...(await exportJWK(publicKey)), kid: '1' }] }
    await writeFile(keySet, JSON.stringify(published))
    await writeFile(key, JSON.stringify({ ...(await exportJWK(privateKey)), kid: '1' }))
    await world.registerClient('signing', ...options, '--jwks', keySet)
    const byKey = { SIGNET_CLIENT_ID: 'signing', SIGNET_CLIENT_KEY: key, ...where }
    assert.equal(await runMachine(byKey), '200 invoices\n')
    assert.deepEqual(api.callers, ['nightly', 'invoices.read', 'signing', 'invoices.read'])

    const wrong = { ...bySecret, SIGNET_CLIENT_SECRET: `${secret.slice(0, -1)}x` }
    assert.match(await runMachine(wrong), /status: 401/u)
  })
})

describe('oauth4webapi: every step by hand', () => {
  const overHttp = { [oauth.allowInsecureRequests]: true }

  it('signs in, calls an API, refreshes, revokes and signs out', async (t) => {
    const app = createServer((_request, response) => response.end('<h1>The app</h1>'))
    const { port } = await listening(app)
    t.after(() => app.close())
    const callback = `http://localhost:${port}/callback`
    const secret = await world.registerClient(
      'by-hand',
      ...['--type', 'confidential', '--scope', 'openid', 'profile', 'email'],
      ...['--redirect-uri', callback, '--post-logout-redirect-uri', callback],
    )
    const issuer = new URL(world.issuer)
    const server = await oauth
      .discoveryRequest(issuer, { algorithm: 'oidc', ...overHttp })
      .then((answer) => oauth.processDiscoveryResponse(issuer, answer))
    const asOauth = await oauth
      .discoveryRequest(issuer, { algorithm: 'oauth2', ...overHttp })
      .then((answer) => oauth.processDiscoveryResponse(issuer, answer))
    assert.equal(asOauth.token_endpoint, server.token_endpoint)
    const client: oauth.Client = { client_id: 'by-hand', id_token_signed_response_alg: 'ES256' }
    const proof = oauth.ClientSecretBasic(secret)

    const verifier = oauth.generateRandomCodeVerifier()
    const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()]
    const to = new URL(server.authorization_endpoint ?? '')
    const asked = {
      response_type: 'code',
      client_id: client.client_id,
      redirect_uri: callback,
      scope: 'openid profile email',
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      nonce,
      max_age: '600',
    }
    to.search = new URLSearchParams(asked).toString()
    const person = walkerOf(world)
    const { url } = await person.go(to.href)
    const answered = oauth.validateAuthResponse(server, client, new URL(url), state)
    const exchanged = await oauth.processAuthorizationCodeResponse(
      server,
      client,
      await oauth.authorizationCodeGrantRequest(
        server,
        client,
        proof,
        answered,
        callback,
        verifier,
        overHttp,
      ),
      { expectedNonce: nonce, maxAge: 600, requireIdToken: true },
    )
    const claims = oauth.getValidatedIdTokenClaims(exchanged)
    const userinfo = async (token: string) => oauth.userInfoRequest(server, client, token, overHttp)
    const told = await oauth.processUserInfoResponse(
      server,
      client,
      claims?.sub ?? '',
      await userinfo(exchanged.access_token),
    )
    assert.equal(told.email, world.person.email)

    const refreshed = await oauth.processRefreshTokenResponse(
      server,
      client,
      await oauth.refreshTokenGrantRequest(
        server,
        client,
        proof,
        exchanged.refresh_token ?? '',
        overHttp,
      ),
    )
    assert.equal((await userinfo(refreshed.access_token)).status, 200)
    await oauth.processRevocationResponse(
      await oauth.revocationRequest(server, client, proof, refreshed.access_token, overHttp),
    )
    assert.equal((await userinfo(refreshed.access_token)).status, 401)

    const end = new URL(server.end_session_endpoint ?? '')
    end.search = new URLSearchParams({
      id_token_hint: exchanged.id_token ?? '',
      post_logout_redirect_uri: callback,
      state: 'left',
    }).toString()
    assert.equal((await person.go(end.href)).url, `${callback}?state=left`)
    assert.equal((await userinfo(exchanged.access_token)).status, 401)
    const again = await oauth.refreshTokenGrantRequest(
      server,
      client,
      proof,
      exchanged.refresh_token ?? '',
      overHttp,
    )
    assert.equal(again.status, 400)
  })
})
