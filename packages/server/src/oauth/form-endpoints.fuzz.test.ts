/** Random forms, bodies and credentials at the OAuth endpoints: a refusal in the form of OAuth or an inactive token, and never a 5xx. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import type { Deps } from '../deps.ts'
import { registerTestClient, type TestClient } from '../testing/clients.ts'
import { openTestDeps, type TestDeps } from '../testing/deps.ts'
import { startTestService, type TestService } from '../testing/service.ts'

let opened: TestDeps
let deps: Deps
let service: TestService
let gateway: TestClient

before(async () => {
  opened = await openTestDeps()
  deps = opened.deps
  service = await startTestService(deps)
  gateway = await registerTestClient(deps, { id: 'gateway', permissions: ['tokens.introspect'] })
})
after(async () => {
  await service.close()
  await opened.close()
})

const paths = fc.constantFrom('/oauth2/introspect', '/oauth2/revoke')
const names = fc.constantFrom('token', 'token_type_hint', 'client_id', 'client_secret', '__proto__')
const values = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.base64String().map((text) => `sr1_${text}`),
  fc.constantFrom('gateway', 'signet', 'a.b.c', ''),
)
const errors = new Set(['invalid_request', 'invalid_client'])

function assertHarmless({ status, text }: { status: number; text: string }): void {
  assert.ok(status < 500, `${status} ${text}`)
  assert.doesNotMatch(text, /node:|\.ts:\d|\bat \w+ \(|TypeError/)
  if (status === 200) assert.ok(text === '' || text === '{"active":false}', text)
  else assert.ok(errors.has(JSON.parse(text).error), text)
}

test('any parameters', async () => {
  const pairs = fc.array(fc.tuple(fc.oneof(names, fc.string()), values), { maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(paths, pairs, fc.boolean(), async (path, form, known) => {
      const headers: Record<string, string> = known ? { authorization: gateway.authorization } : {}
      const clean = form.map(([name, value]): [string, string] => [
        name.toWellFormed(),
        value.toWellFormed(),
      ])
      assertHarmless(await service.post(path, clean, headers))
    }),
    { numRuns: 300 },
  )
})

test('any bytes, under any media type', async () => {
  const types = fc.constantFrom(
    'application/x-www-form-urlencoded',
    'application/x-www-form-urlencoded;charset=utf-8',
    'application/json',
    'multipart/form-data',
    'text/plain',
    '/',
  )
  await fc.assert(
    fc.asyncProperty(paths, types, fc.uint8Array({ maxLength: 200 }), async (path, type, bytes) => {
      const answer = await fetch(service.url + path, {
        method: 'POST',
        body: Buffer.from(bytes),
        headers: { authorization: gateway.authorization, 'content-type': type },
      })
      assertHarmless({ status: answer.status, text: await answer.text() })
    }),
    { numRuns: 300 },
  )
})

test('any credentials', async () => {
  const text = fc.string({ unit: 'binary' }).map((each) => each.toWellFormed())
  await fc.assert(
    fc.asyncProperty(paths, text, text, async (path, id, secret) => {
      const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
      const byHeader = await service.post(path, { token: 'x' }, { authorization })
      assert.equal(byHeader.status, 401, byHeader.text)
      const byForm = { token: 'x', client_id: id, client_secret: secret }
      assertHarmless(await service.post(path, byForm))
    }),
    { numRuns: 100 },
  )
})
