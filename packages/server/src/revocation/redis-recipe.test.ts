/** The recipe for services that read Redis, as it is printed: in each language the same verdicts, by what Signet writes. */

import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { Deps } from '../deps.ts'
import { openTestDeps, rowsOf, type TestDeps } from '../testing/deps.ts'
import { redisCommand, startTestRedis, type TestRedis } from '../testing/redis.ts'
import type { EntryScope } from './entry-set.ts'
import { type LiveLog, openLiveLog } from './live-log.ts'
import { entryKey, freshKey } from './redis-keys.ts'
import { openRedisMirror, type RedisMirror } from './redis-mirror.ts'
import { go, php, python } from './testing/printed-code.ts'
import { runRecipe } from './testing/recipe-readers.ts'

const issuer = 'https://id.example.com/ä'
const user = (n: number) => `019a0000-0000-7000-8000-${String(n).padStart(12, '0')}`
let test: TestDeps
let deps: Deps
let redis: TestRedis
let mirror: RedisMirror
let revocations: LiveLog
let cases: Case[]

before(async () => {
  test = await openTestDeps()
  deps = test.deps
  redis = await startTestRedis()
  mirror = await openRedisMirror(deps, { url: redis.url, issuer, budgetMs: 600_000 })
  revocations = await openLiveLog(deps, {
    directAddress: test.address,
    tokenLifetimeSeconds: 300,
    followers: [mirror],
  })
  mirror.start(revocations)
  cases = await revoke()
  await log('jti', 'the last')
  await written('jti', 'the last')
})
after(async () => {
  await mirror?.stop()
  await revocations?.stop()
  await redis?.stop()
  await test?.close()
})

async function log(scope: string, value: string, exceptSid: string | null = null): Promise<number> {
  const [[id]] = (await rowsOf(deps, `select log_revocation($1, $2, 'test', $3)`, [
    scope,
    value,
    exceptSid,
  ])) as [[bigint]]
  const where = 'select position from revocation_log where id = $1'
  return Number(((await rowsOf(deps, where, [id])) as [[bigint]])[0][0])
}

/** Everything that was logged stands in Redis, of which this is the last. */
async function written(scope: EntryScope, value: string): Promise<void> {
  revocations.announce()
  const keys = [freshKey(issuer), entryKey(issuer, { scope, value })]
  const deadline = performance.now() + 30_000
  while (((await redisCommand(redis.url, 'MGET', ...keys)) as unknown[]).includes(null)) {
    assert.ok(performance.now() < deadline, 'not written within 30 s')
    await pause(50)
  }
}

/** The claims of a token, and whether it is alive. */
type Case = [what: string, claims: object, alive: boolean]

async function revoke(): Promise<Case[]> {
  const everything = await log('all', '')
  for (const scope of ['jti', 'gid', 'sid']) await log(scope, `ended ${scope}`)
  const left = await log('sub', user(2))
  const closed = await log('client', 'closed')
  const [first, second] = [user(31), user(32)]
  const kept = await log('sub', user(3), first)
  await log('sub', user(3), second)
  const own = { jti: 'own', sub: 'app', client_id: 'app', rev: everything }
  const token = (changes: object) => ({
    ...{ ...own, gid: 'grant', sid: 'session', sub: user(1) },
    ...changes,
  })
  return [
    ['nothing names it', token({}), true],
    ['of a client for itself', own, true],
    ['everything ended later', token({ rev: everything - 1 }), false],
    ['its jti is named', token({ jti: 'ended jti', rev: 1e9 }), false],
    ['its gid is named', token({ gid: 'ended gid', rev: 1e9 }), false],
    ['its sid is named', token({ sid: 'ended sid', rev: 1e9 }), false],
    ['a claim of another name has the content', token({ jti: 'ended sid' }), true],
    ['its user left before', token({ sub: user(2), rev: left }), true],
    ['its user left later', token({ sub: user(2), rev: left - 1 }), false],
    ['its client was closed before', token({ client_id: 'closed', rev: closed }), true],
    ['its client was closed later', token({ client_id: 'closed', rev: closed - 1 }), false],
    ['kept by one end, ended by another', token({ sub: user(3), sid: first }), false],
    ['kept by the later end', token({ sub: user(3), sid: second, rev: kept }), true],
    ['kept by one end alone', token({ sub: user(3), sid: second, rev: kept - 1 }), false],
    ['kept by neither end', token({ sub: user(3), sid: 'third', rev: kept }), false],
    ['without a session, where others are kept', token({ sub: user(3), sid: undefined }), false],
  ]
}

for (const language of [python, go, php])
  it(`gives these verdicts, as ${language.heading} says it`, async () => {
    const claims = cases.map(([, each]) => each)
    const issuers = [issuer, 'https://nobody.example.com']
    const [alive = [], unknown] = await runRecipe(language, { port: redis.port, issuers, claims })
    const found = cases.map(([what], index) => [what, alive[index]])
    assert.deepEqual(
      found,
      cases.map(([what, , expected]) => [what, expected]),
    )
    // Where nothing says that Redis has everything, nothing is alive.
    assert.deepEqual(new Set(unknown), new Set([false]))
  })
