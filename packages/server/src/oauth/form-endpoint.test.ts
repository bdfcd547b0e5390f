/** What the endpoints that take a form do with what is none. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openFileDeps } from '../testing/deps.ts'
import { startTestService, type TestService } from '../testing/service.ts'

const { deps } = await openFileDeps({ emptied: [] })
let service: TestService

before(async () => {
  service = await startTestService(deps)
})
after(() => service.close())

const path = '/oauth2/introspect'
const type = { 'content-type': 'application/x-www-form-urlencoded' }

test('another method is told which one there is', async () => {
  for (const [method, status] of [
    ['GET', 405],
    ['PUT', 405],
    ['OPTIONS', 204],
  ] as const) {
    const answer = await fetch(service.url + path, { method })
    assert.deepEqual([answer.status, answer.headers.get('allow')], [status, 'POST'], method)
  }
})

test('a body that is refused is refused in the form of OAuth, and stored by nobody', async () => {
  const cases: [number, string, Record<string, string>][] = [
    [415, 'token=a', { ...type, 'content-encoding': 'gzip' }],
    [415, '{"token":"a"}', { 'content-type': 'application/json' }],
    [413, `token=${'a'.repeat(65 * 1024)}`, type],
    [400, 'token=a&token=b', type],
  ]
  for (const [status, body, headers] of cases) {
    const answer = await service.post(path, body, headers)
    assert.equal(answer.status, status, answer.text)
    assert.equal(JSON.parse(answer.text).error, 'invalid_request')
    assert.equal(answer.headers.get('cache-control'), 'no-store')
  }
})
