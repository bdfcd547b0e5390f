/** Redis on bad days, and what a service that follows the recipe of the documentation then accepts: nothing revoked. */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { createClient } from '@redis/client'
import type { Deps } from '../deps.ts'
import { openTestDeps, rowsOf, type TestDeps } from '../testing/deps.ts'
import { redisCommand, startTestRedis, type TestRedis } from '../testing/redis.ts'
import { type LiveLog, openLiveLog } from './live-log.ts'
import { openRedisMirror } from './redis-mirror.ts'

const budgetMs = 3_000
const issuer = 'https://id.example.com'
let test: TestDeps
let deps: Deps
let redis: TestRedis
const stops: (() => Promise<void>)[] = []

before(async () => {
  test = await openTestDeps()
  deps = test.deps
})
after(() => test.close())
beforeEach(async () => {
  await rowsOf(deps, 'delete from revocation_log')
  redis = await startTestRedis()
})
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
  await redis.stop()
})

/** An instance that writes to Redis. */
async function startInstance(): Promise<LiveLog> {
  const mirror = await openRedisMirror(deps, { url: redis.url, issuer, budgetMs })
  const revocations = await openLiveLog(deps, {
    directAddress: test.address,
    tokenLifetimeSeconds: 300,
    followers: [mirror],
  })
  mirror.start(revocations)
  stops.push(
    () => mirror.stop(),
    () => revocations.stop(),
  )
  return revocations
}

interface Token {
  jti: string
  gid: string
  sid: string
  sub: string
  client_id: string
  rev: number
}

const token = (changes: Partial<Token> = {}): Token => ({
  jti: 'token',
  gid: 'grant',
  sid: '019a0000-0000-7000-8000-00000000000a',
  sub: '019a0000-0000-7000-8000-000000000001',
  client_id: 'app',
  rev: 0,
  ...changes,
})

/** The recipe of docs/reference/revocation-redis.md, with the same names. */
async function verdict({ jti, gid, sid, sub, client_id, rev }: Token): Promise<string> {
  const hashed = (claim: string, identifier: string) =>
    createHash('sha256').update(`${issuer}\0${claim}\0${identifier}`).digest('hex').slice(0, 32)
  const key = (claim: string, identifier: string) => `{signet}:${hashed(claim, identifier)}`
  const named = [key('jti', jti), key('gid', gid), key('sid', sid)]
  const wider = [key('sub', sub), key('client_id', client_id), key('iss', issuer)]
  const answer = await mget([`{signet}:fresh:${issuer}`, ...named, ...wider])
  if (answer === undefined) return 'unknown'
  const [fresh, ...values] = answer
  if (fresh === null) return 'unknown'
  if (values.slice(0, 3).some((value) => value !== null)) return 'revoked'
  for (const value of values.slice(3)) {
    for (const part of value?.split(' ') ?? []) {
      const [position, kept] = part.split(':')
      if (Number(position) > rev && kept !== hashed('sid', sid)) return 'revoked'
    }
  }
  return 'alive'
}

/** Undefined where Redis gives no answer within a second. */
async function mget(keys: string[]): Promise<(string | null)[] | undefined> {
  const client = createClient({
    url: redis.url,
    socket: { connectTimeout: 1_000, socketTimeout: 1_000, reconnectStrategy: false },
  })
  client.on('error', () => {})
  const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 1_000))
  try {
    return await Promise.race([client.connect().then(() => client.mGet(keys)), late])
  } catch {
    return undefined
  } finally {
    if (client.isOpen) client.destroy()
  }
}

async function eventually(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 30_000
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not within 30 s: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const becomes = (wanted: string, one = token()) =>
  eventually(`it is ${wanted}`, async () => (await verdict(one)) === wanted)

async function log(scope: string, value: string, exceptSid: string | null = null): Promise<number> {
  const text = `select log_revocation($1, $2, 'test', $3)`
  const [[id]] = (await rowsOf(deps, text, [scope, value, exceptSid])) as [[bigint]]
  deps.revocations.announce()
  const where = 'select position from revocation_log where id = $1'
  return Number(((await rowsOf(deps, where, [id])) as [[bigint]])[0][0])
}

describe('what is revoked', () => {
  it('before and after an instance starts is refused, by whatever names it', async () => {
    await log('sid', 'earlier')
    await startInstance()
    await becomes('alive')
    assert.equal(await verdict(token({ sid: 'earlier' })), 'revoked')
    for (const [claim, scope] of [
      ['jti', 'jti'],
      ['gid', 'gid'],
      ['sid', 'sid'],
      ['sub', 'sub'],
      ['client_id', 'client'],
    ] as const) {
      const identifier = claim === 'sub' ? '019a0000-0000-7000-8000-0000000000ff' : `a ${claim}`
      const position = await log(scope, identifier)
      await becomes('revoked', token({ [claim]: identifier }))
      const isWider = claim === 'sub' || claim === 'client_id'
      const later = token({ [claim]: identifier, rev: position })
      assert.equal(await verdict(later), isWider ? 'alive' : 'revoked')
    }
    assert.equal(await verdict(token()), 'alive')
    const all = await log('all', '')
    await becomes('revoked')
    assert.equal(await verdict(token({ rev: all })), 'alive')
    await rowsOf(deps, 'update revocation_head set cut = 0')
  })

  it('for a user but for one session is so, also for several such cuts', async () => {
    await startInstance()
    await becomes('alive')
    const [a, b] = [token().sid, '019a0000-0000-7000-8000-00000000000b']
    const first = await log('sub', token().sub, a)
    await becomes('revoked', token({ sid: b }))
    assert.equal(await verdict(token({ sid: a })), 'alive')
    const second = await log('sub', token().sub, b)
    await becomes('revoked', token({ sid: a }))
    assert.equal(await verdict(token({ sid: b, rev: first })), 'alive')
    assert.equal(await verdict(token({ sid: b, rev: first - 1 })), 'revoked')
    const third = await log('sub', token().sub)
    await becomes('revoked', token({ sid: b, rev: first }))
    assert.equal(await verdict(token({ sid: b, rev: third })), 'alive')
    assert.ok(second < third)
  })

  it('with more exceptions than are kept is refused without any, never accepted', async () => {
    await startInstance()
    await becomes('alive')
    const kept = Array.from({ length: 40 }, (_, i) => token().sid.slice(0, -2) + String(i + 10))
    let last = 0
    for (const sid of kept) last = await log('sub', token().sub, sid)
    await becomes('revoked', token({ rev: last - 1, sid: 'another' }))
    for (const sid of kept) assert.equal(await verdict(token({ sid })), 'revoked', sid)
    assert.equal(await verdict(token({ rev: last })), 'alive')
  })
})

describe('Redis', () => {
  it('that is killed and replaced by an empty one says nothing before it has everything', async () => {
    await startInstance()
    await becomes('alive')
    await log('sid', token().sid)
    await becomes('revoked')
    redis.signal('SIGKILL')
    await becomes('unknown')
    await redis.replace()
    await neverAlive(async () => becomes('revoked'))
  })

  it('that is flushed behind our back says nothing before it has everything again', async () => {
    await startInstance()
    await log('sid', token().sid)
    await becomes('revoked')
    for (let round = 0; round < 5; round += 1) {
      await neverAlive(async () => {
        await command('FLUSHALL')
        await becomes('revoked')
      })
    }
  })

  it('that hangs is waited for by nobody, and says nothing old when it goes on', async () => {
    const instance = await startInstance()
    await becomes('alive')
    redis.signal('SIGSTOP')
    const position = await log('sid', token().sid)
    await instance.applied(BigInt(position), AbortSignal.timeout(10_000))
    await new Promise((resolve) => setTimeout(resolve, budgetMs + 1_000))
    await neverAlive(async () => {
      redis.signal('SIGCONT')
      await becomes('revoked')
    })
  })

  it('that may evict keys is never said to have everything', async () => {
    await command('CONFIG', 'SET', 'maxmemory', '100mb')
    await command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru')
    await startInstance()
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    assert.equal(await verdict(token()), 'unknown')
    await command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction')
    await becomes('alive')
  })
})

describe('several writers', () => {
  it('come to the same, and one that is left alone goes on', async () => {
    const [one] = [await startInstance(), await startInstance()]
    await becomes('alive')
    for (let round = 0; round < 20; round += 1) await log('sub', token().sub, token().sid)
    const last = await log('sid', 'another')
    await one.applied(BigInt(last), AbortSignal.timeout(10_000))
    await becomes('revoked', token({ sid: 'another' }))
    assert.equal(await verdict(token()), 'alive')
    for (const stop of stops.splice(2)) await stop()
    await command('FLUSHALL')
    await neverAlive(
      async () => becomes('revoked', token({ sid: 'another' })),
      token({ sid: 'another' }),
    )
  })

  it('do not let one speak that has lost its log: the word ends with the budget', async (t) => {
    const gate = new AbortController()
    const mirror = await openRedisMirror(deps, { url: redis.url, issuer, budgetMs })
    const revocations = await openLiveLog(deps, {
      directAddress: test.address,
      tokenLifetimeSeconds: 300,
      followers: [mirror],
    })
    stops.push(
      () => mirror.stop(),
      () => revocations.stop(),
    )
    mirror.start({
      readAgain: (signal) =>
        gate.signal.aborted ? waitFor(signal) : revocations.readAgain(signal),
    })
    await becomes('alive')
    gate.abort()
    await becomes('unknown')
    t.diagnostic('it could not read the log')
  })

  it('keep an old writer from saying anything after it was held up', async () => {
    await startInstance()
    await becomes('alive')
    const life = await command('GET', `{signet}:life:${issuer}`)
    const runId = /run_id:(\w+)/.exec(String(await command('INFO', 'server')))?.[1]
    for (const stop of stops.splice(0).reverse()) await stop()
    await becomes('unknown')
    const { refreshScript, freshKey, lifeKey } = await import('./redis-keys.ts')
    const say = (startedAt: number) =>
      command(
        'EVAL',
        refreshScript,
        '2',
        freshKey(issuer),
        lifeKey(issuer),
        String(life),
        String(runId),
        String(startedAt),
        String(budgetMs),
      )
    assert.equal(await say(Date.now() - budgetMs - 1), 'late')
    assert.equal(await verdict(token()), 'unknown')
    assert.equal(await say(Date.now() - budgetMs + 400), 'fresh')
    await becomes('unknown')
  })
})

function waitFor(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve()))
}

/** Asks all the while whether a revoked token is accepted. */
async function neverAlive(run: () => Promise<void>, one = token()): Promise<void> {
  let running = true
  const asking = (async () => {
    let asked = 0
    for (; running; asked += 1) assert.notEqual(await verdict(one), 'alive')
    return asked
  })()
  try {
    await run()
  } finally {
    running = false
  }
  assert.ok((await asking) > 0)
}

const command = (...words: string[]) => redisCommand(redis.url, ...words)
