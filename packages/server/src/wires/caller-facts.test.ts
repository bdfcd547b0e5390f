/** What a call says of its caller besides the address: the country and the software, alike on REST and RPC. */

import assert from 'node:assert/strict'
import { afterEach, describe, test } from 'node:test'
import { request } from './testing/raw-http.ts'
import {
  startTestListener,
  type TestListener,
  type TestListenerOptions,
} from './testing/test-listener.ts'

const policy = '/api/v1/auth/password-policy'
const policyProcedure = '/signet.v1.AuthService/GetPasswordPolicy'

const open: TestListener[] = []

async function start(options: TestListenerOptions): Promise<TestListener> {
  const listener = await startTestListener(options)
  open.push(listener)
  return listener
}

afterEach(async () => {
  for (const listener of open.splice(0)) await listener.close(0)
})

test('a user agent is cut once, at 400 characters, on every wire', async () => {
  const seen: string[] = []
  const listener = await start({
    answer: (_method, ctx) => {
      seen.push(ctx.userAgent)
      return {}
    },
  })
  const headers = { 'user-agent': 'a'.repeat(5000), 'content-type': 'application/json' }
  await request(listener.port, `GET ${policy}`, headers)
  await request(listener.port, `POST ${policyProcedure}`, headers, '{}')
  assert.deepEqual(seen, ['a'.repeat(400), 'a'.repeat(400)])
})

describe('the country of the caller', () => {
  const forwarded = { 'x-forwarded-for': '203.0.113.7' }
  const ranges = {
    find: (address: string) => (address === '203.0.113.7' ? 'FR' : undefined),
  }

  async function countryWith(
    trustedProxies: string[],
    headers: Record<string, string>,
    countries?: typeof ranges,
  ) {
    const seen: (string | undefined)[] = []
    const listener = await start({
      config: { trustedProxies, countryHeader: 'cf-ipcountry' },
      countries,
      answer: (_method, ctx) => {
        seen.push(ctx.country)
        return {}
      },
    })
    const json = { ...headers, 'content-type': 'application/json' }
    await request(listener.port, `GET ${policy}`, headers)
    await request(listener.port, `POST ${policyProcedure}`, json, '{}')
    assert.equal(seen.length, 2)
    assert.equal(seen[0], seen[1])
    return seen[0]
  }

  test('is what a trusted proxy says in the header that was named, and nobody else', async () => {
    const header = { 'cf-ipcountry': 'de' }
    assert.equal(await countryWith(['127.0.0.0/8'], header), 'DE')
    assert.equal(await countryWith(['127.0.0.0/8'], { ...header, ...forwarded }), 'DE')
    assert.equal(await countryWith(['10.0.0.0/8'], header), undefined)
    assert.equal(await countryWith([], header), undefined)
  })

  test('is not what the header says of nobody known', async () => {
    for (const value of ['XX', 'ZZ', 'T1', 'DEU', 'D', '', 'DE, FR', '<b>'])
      assert.equal(await countryWith(['127.0.0.0/8'], { 'cf-ipcountry': value }), undefined)
  })

  test('is else what the ranges of addresses say of the caller', async () => {
    const unknown = { ...forwarded, 'cf-ipcountry': 'XX' }
    assert.equal(await countryWith(['127.0.0.0/8'], unknown, ranges), 'FR')
    const known = { ...forwarded, 'cf-ipcountry': 'DE' }
    assert.equal(await countryWith(['127.0.0.0/8'], known, ranges), 'DE')
    assert.equal(await countryWith([], known, ranges), undefined)
  })
})
