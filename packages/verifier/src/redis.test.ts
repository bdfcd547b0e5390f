/** Redis mode against a real Redis that the service's own mirror writes to. */

import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { createClient } from '@redis/client'
import { type LiveLog, openLiveLog } from '../../server/src/revocation/live-log.ts'
import { entryKey, freshKey } from '../../server/src/revocation/redis-keys.ts'
import { openRedisMirror, type RedisMirror } from '../../server/src/revocation/redis-mirror.ts'
import { openTestDeps, rowsOf, type TestDeps } from '../../server/src/testing/deps.ts'
import { startTestRedis, type TestRedis } from '../../server/src/testing/redis.ts'
import { type RedisReader, redisRevocations } from './redis.ts'
import { VerificationError } from './refusal.ts'
import type { Freshness } from './requirements.ts'
import { eventually } from './testing/conditions.ts'
import { openScriptedIssuer, type ScriptedIssuer } from './testing/scripted-issuer.ts'
import { createVerifier, type Verifier } from './verifier.ts'

let deps: TestDeps
let redis: TestRedis
let issuer: ScriptedIssuer
let mirror: RedisMirror
let live: LiveLog
let client: ReturnType<typeof createClient>
let verifier: Verifier
let reads: number

before(async () => {
  deps = await openTestDeps()
})
after(() => deps.close())
beforeEach(async () => {
  await rowsOf(deps.deps, 'delete from revocation_log')
  redis = await startTestRedis()
  issuer = await openScriptedIssuer()
  mirror = await openRedisMirror(deps.deps, { url: redis.url, issuer: issuer.url, budgetMs: 3_000 })
  const options = { directAddress: deps.address, tokenLifetimeSeconds: 300, followers: [mirror] }
  live = await openLiveLog(deps.deps, options)
  mirror.start(live)
  client = createClient({ url: redis.url, disableOfflineQueue: true })
  client.on('error', () => undefined)
  await client.connect()
  reads = 0
  const reader: RedisReader = {
    mGet(keys) {
      reads += 1
      return client.mGet(keys)
    },
  }
  verifier = createVerifier({
    issuer: issuer.url,
    audience: issuer.audience,
    client: issuer.client,
    revocations: redisRevocations({ client: reader, timeoutMs: 2_000 }),
  })
  await verifier.ready()
})
afterEach(async () => {
  verifier.close()
  client.destroy()
  await mirror.stop()
  await live.stop()
  await redis.stop()
  await issuer.stop()
})

/** What comes of it: `good`, or why not. */
async function outcome(token: string, freshness: Freshness = 'deny'): Promise<string> {
  try {
    await verifier.verify(token, { freshness })
    return 'good'
  } catch (error) {
    assert.ok(error instanceof VerificationError, String(error))
    return error.reason
  }
}

const becomes = (wanted: string, token: string) =>
  eventually(async () => (await outcome(token)) === wanted)

/** Revokes as the service does; the position that it got. */
async function revoke(scope: string, value: string, exceptSid: string | null = null) {
  const text = `select log_revocation($1, $2, 'test', $3)`
  const [[id]] = (await rowsOf(deps.deps, text, [scope, value, exceptSid])) as [[bigint]]
  live.announce()
  const where = 'select position from revocation_log where id = $1'
  return Number(((await rowsOf(deps.deps, where, [id])) as [[bigint]])[0][0])
}

const somebody = '019a0000-0000-7000-8000-0000000000aa'
const keptSession = '019a0000-0000-7000-8000-0000000000bb'

test('one MGET for each request, and what is named is dead by whatever names it', async () => {
  const living = issuer.mint()
  await becomes('good', living)
  const before = reads
  for (let n = 0; n < 5; n++) assert.equal(await outcome(living), 'good')
  assert.equal(reads - before, 5)
  for (const [scope, claim] of [
    ['jti', 'jti'],
    ['gid', 'gid'],
    ['sid', 'sid'],
    ['sub', 'sub'],
    ['client', 'client_id'],
  ] as const) {
    const value = scope === 'sub' ? somebody : `a ${scope}`
    const position = await revoke(scope, value)
    await becomes('revoked', issuer.mint({ [claim]: value }))
    const later = issuer.mint({ [claim]: value, rev: position })
    const isWider = scope === 'sub' || scope === 'client'
    assert.equal(await outcome(later), isWider ? 'good' : 'revoked')
  }
  assert.equal(await outcome(living), 'good')
  const all = await revoke('all', '')
  await becomes('revoked', living)
  assert.equal(await outcome(issuer.mint({ rev: all, sid: undefined, gid: undefined })), 'good')
  await rowsOf(deps.deps, 'update revocation_head set cut = 0')
})

test('a user without one session: that one lives', async () => {
  const [kept, other] = [
    issuer.mint({ sub: somebody, sid: keptSession }),
    issuer.mint({ sub: somebody }),
  ]
  await becomes('good', kept)
  await revoke('sub', somebody, keptSession)
  await becomes('revoked', other)
  assert.equal(await outcome(kept), 'good')
  assert.equal(await outcome(issuer.mint({ sub: somebody, sid: undefined })), 'revoked')
})

test('without the fresh key nothing passes, but as the class of the route says', async () => {
  const [living, dead] = [issuer.mint(), issuer.mint({ sid: 'gone' })]
  await becomes('good', living)
  await revoke('sid', 'gone')
  await becomes('revoked', dead)
  await mirror.stop()
  await client.del(freshKey(issuer.url))
  assert.equal(await outcome(living), 'stale_view')
  assert.equal(await outcome(living, 'allow'), 'good')
  assert.equal(await outcome(living, 'introspect'), 'good')
  assert.equal(await outcome(dead, 'allow'), 'revoked')
  issuer.active = false
  assert.equal(await outcome(living, 'introspect'), 'revoked')
})

test('Redis replaced by an empty one, hung, or gone: nothing passes, and no request hangs', async () => {
  const living = issuer.mint()
  await becomes('good', living)
  await mirror.stop()
  await redis.replace()
  await eventually(() => client.isReady)
  assert.equal(await outcome(living), 'stale_view')
  redis.signal('SIGSTOP')
  const started = performance.now()
  assert.equal(await outcome(living), 'stale_view')
  assert.ok(performance.now() - started < 10_000)
  redis.signal('SIGCONT')
  await redis.stop()
  assert.equal(await outcome(living), 'stale_view')
})

test('a content that cannot be read is not decided on, on any route', async () => {
  const token = issuer.mint({ sub: somebody })
  await becomes('good', token)
  for (const content of ['x', '', '7:', '0 :', '-1', '7:zz', '99999999999999999']) {
    await client.set(entryKey(issuer.url, { scope: 'sub', value: somebody }), content)
    assert.equal(await outcome(token, 'allow'), 'stale_view', content)
  }
})

test('before the fresh key was there once, an old view is no view', async () => {
  const token = issuer.mint()
  const never = { mGet: (keys: string[]) => Promise.resolve(keys.map(() => null)) }
  for (const client of [never, { mGet: () => Promise.reject(new Error('away')) }]) {
    const verifier = createVerifier({
      issuer: issuer.url,
      audience: issuer.audience,
      revocations: redisRevocations({ client }),
    })
    const allowed = verifier.verify(token, { freshness: 'allow' })
    await assert.rejects(allowed, { reason: 'stale_view' })
    verifier.close()
  }
})
