/** The OAuth endpoints as a client sees them that we did not write. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import * as oauth from 'oauth4webapi'
import { registerTestClient, type TestClient } from '../testing/clients.ts'
import { openTestDeps, type TestDeps } from '../testing/deps.ts'
import { startTestService, type TestService } from '../testing/service.ts'

let opened: TestDeps
let service: TestService
let shop: TestClient
let server: oauth.AuthorizationServer
let client: oauth.Client
const overHttp = { [oauth.allowInsecureRequests]: true }

before(async () => {
  opened = await openTestDeps()
  service = await startTestService(opened.deps)
  shop = await registerTestClient(opened.deps, {
    id: 'shop',
    permissions: ['tokens.mint'],
    subjectNamespace: 'shop',
    scopes: ['cart'],
    audiences: ['shop'],
  })
  client = { client_id: 'shop' }
  server = {
    issuer: opened.deps.config.issuer,
    introspection_endpoint: `${service.url}/oauth2/introspect`,
    revocation_endpoint: `${service.url}/oauth2/revoke`,
  }
})
after(async () => {
  await service.close()
  await opened.close()
})

async function mint(): Promise<{ accessToken: string; refreshToken: string; userId: string }> {
  const headers = { authorization: shop.authorization, 'content-type': 'application/json' }
  const body = JSON.stringify({ sub: '1', provider: 'crew' })
  return JSON.parse((await service.post('/mint', body, headers)).text)
}

async function introspect(auth: oauth.ClientAuth, token: string) {
  const answer = await oauth.introspectionRequest(server, client, auth, token, overHttp)
  return oauth.processIntrospectionResponse(server, client, answer)
}

for (const [method, authOf] of [
  ['client_secret_basic', oauth.ClientSecretBasic],
  ['client_secret_post', oauth.ClientSecretPost],
] as const) {
  describe(`oauth4webapi with ${method}`, () => {
    it('introspects and revokes', async () => {
      const auth = authOf(shop.clientSecret)
      const { accessToken, refreshToken, userId } = await mint()
      const told = await introspect(auth, accessToken)
      assert.deepEqual(
        [told.active, told.sub, told.client_id, told.scope, told.aud, told.token_type],
        [true, userId, 'shop', 'cart', 'shop', 'Bearer'],
      )
      assert.equal((await introspect(auth, refreshToken)).active, true)
      const revoked = await oauth.revocationRequest(server, client, auth, refreshToken, overHttp)
      await oauth.processRevocationResponse(revoked)
      assert.deepEqual(await introspect(auth, accessToken), { active: false })
      assert.deepEqual(await introspect(auth, refreshToken), { active: false })
    })

    it('understands the refusal of a wrong secret', async () => {
      const auth = authOf(`sk_${'x'.repeat(43)}`)
      const { accessToken } = await mint()
      await assert.rejects(introspect(auth, accessToken), (error) => {
        assert.ok(
          error instanceof oauth.WWWAuthenticateChallengeError ||
            (error instanceof oauth.ResponseBodyError && error.error === 'invalid_client'),
          String(error),
        )
        return true
      })
    })
  })
}
