import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as nextTurn } from 'node:timers/promises'
import { ErrorReason } from '@signet/contract'
import { openDatabase } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import type { RequestContext } from '../request-context.ts'
import { cutUser, lockUserSession } from '../revocation/cut-user.ts'
import { endSessionsOf } from '../revocation/sign-out.ts'
import { type BrowserSession, findBrowserSessions } from '../sessions/browser-session.ts'
import { assertRefused, openTestUser, testPassword } from '../testing/accounts.ts'
import { secondsAhead } from '../testing/clock.ts'
import { type CookieJar, openCookieJar } from '../testing/cookie-jar.ts'
import { openFileDeps, rowsOf, testContext, withParts } from '../testing/deps.ts'
import { suspendUser, unsuspendUser } from '../users/suspend-user.ts'
import { signInInBrowser } from './browser-sign-in.ts'

const test = await openFileDeps({ emptied: ['users', 'guess_counters', 'event_windows'] })
const { deps } = test

const email = 'ada@example.com'
const wrong = 'not the password'

interface Attempt {
  identifier?: string
  password?: string
  persistent?: boolean
  context?: Partial<RequestContext>
  with?: Deps
}

async function enter(jar: CookieJar, attempt: Attempt = {}): Promise<string> {
  const { identifier = email, password = testPassword, persistent = true } = attempt
  const { context, with: parts = deps } = attempt
  const input = { identifier, password, persistent, cookieHeader: jar.header() }
  const { sessionId, setCookies } = await signInInBrowser(parts, testContext(context), input)
  jar.keep(setCookies)
  return sessionId
}

const sessionsIn = (jar: CookieJar, parts: Deps = deps) => findBrowserSessions(parts, jar.header())
const idsIn = async (jar: CookieJar, parts?: Deps) =>
  (await sessionsIn(jar, parts)).map(({ sessionId }) => sessionId)
const countOf = async (table: string) =>
  (await rowsOf(deps, `select count(*)::integer from ${table}`))[0]?.[0]

async function onlySession(jar: CookieJar): Promise<BrowserSession> {
  const [session, ...others] = await sessionsIn(jar)
  assert.deepEqual(others, [])
  return session ?? assert.fail('nobody is signed in')
}

describe('a sign-in in a browser', () => {
  it('is known by its cookie from then on, and issues no grant', async () => {
    const userId = await openTestUser(deps, email)
    const jar = openCookieJar()
    const now = new Date('2026-11-22T12:00:00.500Z')
    const sessionId = await enter(jar, { context: { now } })
    const { secret, position, expiresAt, rev, ...session } = await onlySession(jar)
    assert.deepEqual(session, {
      sessionId,
      userId,
      authTime: now,
      amr: ['pwd'],
      acr: 'aal1',
      persistent: true,
      displayName: '',
      locale: '',
      email,
    })
    assert.ok(rev <= position && expiresAt > now)
    assert.match(secret.reveal(), /^sc1_[\w-]{43}$/u)
    assert.equal(JSON.stringify(secret), '"[redacted]"')
    assert.equal(await countOf('grants'), 0)
  })

  it('stores no secret', async () => {
    await openTestUser(deps, email)
    const jar = openCookieJar()
    await enter(jar)
    const { secret } = await onlySession(jar)
    const text = 'select s::text, c::text from sessions s, session_cookies c'
    const dump = String(await rowsOf(deps, text))
    assert.equal(dump.includes(secret.reveal().slice(4)), false)
  })

  it('is refused alike for a wrong password and for nobody, sets nothing and ends nothing', async () => {
    await openTestUser(deps, email)
    const jar = openCookieJar()
    const sessionId = await enter(jar)
    for (const attempt of [{ password: wrong }, { identifier: 'nobody@example.com' }])
      await assertRefused(enter(jar, attempt), ErrorReason.INVALID_CREDENTIALS)
    assert.deepEqual(await idsIn(jar), [sessionId])
  })

  it('takes no secret that it is given: a planted cookie names no session afterwards', async () => {
    await openTestUser(deps, email)
    const planted = openCookieJar()
    planted.keep([`signet-session=sc1_${'x'.repeat(43)}; Path=/`])
    const thief = openCookieJar(planted)
    await enter(planted)
    assert.deepEqual(await idsIn(thief), [])
    assert.equal((await idsIn(planted)).length, 1)
  })
})

describe('somebody who signs in again in the same browser', () => {
  it('goes on with the session under a new secret; the former one is dead', async () => {
    await openTestUser(deps, email)
    const jar = openCookieJar()
    const sessionId = await enter(jar, { context: { now: new Date('2026-11-22T12:00:00Z') } })
    const before = openCookieJar(jar)
    const now = new Date('2026-11-22T13:00:00Z')
    assert.equal(await enter(jar, { context: { now } }), sessionId)
    assert.deepEqual(await idsIn(before), [])
    assert.deepEqual((await onlySession(jar)).authTime, now)
    const text = `select kind from events where details->>'sessionId' = $1 order by arrival`
    assert.deepEqual((await rowsOf(deps, text, [sessionId])).flat(), [
      'session.started',
      'session.reauthenticated',
    ])
  })

  it('with another account gets a session beside the first', async () => {
    await openTestUser(deps, email)
    await openTestUser(deps, 'eve@example.com')
    const jar = openCookieJar()
    const first = await enter(jar)
    const second = await enter(jar, { identifier: 'eve@example.com' })
    assert.deepEqual(await idsIn(jar), [second, first])
    assert.equal(await enter(jar), first)
    assert.deepEqual(await idsIn(jar), [first, second])
  })

  it('with a sixth account has no room for the one used longest ago, whose secret is worthless', async () => {
    const jar = openCookieJar()
    const entered: string[] = []
    let full: CookieJar | undefined
    for (const number of [1, 2, 3, 4, 5, 6]) {
      await openTestUser(deps, `ada-${number}@example.com`)
      if (number === 6) full = openCookieJar(jar)
      entered.unshift(await enter(jar, { identifier: `ada-${number}@example.com` }))
    }
    assert.deepEqual(await idsIn(jar), entered.slice(0, 5))
    assert.deepEqual(await idsIn(full ?? jar), entered.slice(1, 5))
  })

  it('from two tabs at once is signed in, whichever answer comes last', async () => {
    await openTestUser(deps, email)
    const jar = openCookieJar()
    await enter(jar)
    const tabs = Array.from({ length: 50 }, () => openCookieJar(jar))
    const sessions = await Promise.all(tabs.map((tab) => enter(tab)))
    for (const [index, tab] of tabs.entries()) assert.equal((await idsIn(tab))[0], sessions[index])
    assert.equal(new Set(tabs.map((tab) => tab.header())).size, 50)
    assert.deepEqual(await idsIn(jar), [])
  })
})

describe('somebody who does not stay signed in', () => {
  const { temporarySessionIdleLifetimeSeconds: idle } = deps.config

  it('is forgotten by the browser when it is closed, and nobody else is', async () => {
    const jar = openCookieJar()
    const entered: string[] = []
    for (const [identifier, persistent] of [
      [email, true],
      ['eve@example.com', false],
      ['grace@example.com', true],
    ] as const) {
      await openTestUser(deps, identifier)
      entered.unshift(await enter(jar, { identifier, persistent }))
    }
    assert.deepEqual(await idsIn(jar), entered)
    jar.closeBrowser()
    assert.deepEqual(await idsIn(jar), [entered[0], entered[2]])
  })

  it('has a session that dies after a shorter time without use, whatever the browser keeps', async (t) => {
    await openTestUser(deps, email)
    const jar = openCookieJar()
    const sessionId = await enter(jar, { persistent: false })
    const [almost, after, later] = await Promise.all(
      [idle - 5, idle + 5, 2 * idle + 5].map((seconds) => secondsAhead(test, t, seconds)),
    )
    assert.deepEqual(await idsIn(jar, after), [])
    assert.deepEqual(await idsIn(jar, almost), [sessionId])
    assert.deepEqual(await idsIn(jar, after), [sessionId])
    assert.deepEqual(await idsIn(jar, later), [])
  })

  it('may choose otherwise at the next proof, and back', async (t) => {
    await openTestUser(deps, email)
    const jar = openCookieJar()
    const after = await secondsAhead(test, t, idle + 5)
    const sessionId = await enter(jar, { persistent: false })
    assert.equal(await enter(jar, { persistent: true }), sessionId)
    assert.equal((await onlySession(jar)).persistent, true)
    const open = openCookieJar(jar)
    jar.closeBrowser()
    assert.deepEqual(await idsIn(jar), [sessionId])
    assert.equal(await enter(open, { persistent: false }), sessionId)
    assert.deepEqual(await idsIn(open, after), [])
  })
})

describe('a session of a browser is dead', () => {
  async function entered() {
    const userId = await openTestUser(deps, email)
    const jar = openCookieJar()
    const sessionId = await enter(jar)
    return { userId, jar, sessionId }
  }

  it('once it was idle for too long or is as old as it may become; use keeps it from idling', async (t) => {
    const { jar, sessionId } = await entered()
    const { sessionIdleLifetimeSeconds: idle, sessionLifetimeSeconds: lifetime } = deps.config
    const almost = await secondsAhead(test, t, idle - 5)
    const after = await secondsAhead(test, t, idle + 5)
    assert.deepEqual(await idsIn(jar, after), [])
    assert.deepEqual(await idsIn(jar, almost), [sessionId])
    assert.deepEqual(await idsIn(jar, after), [sessionId])
    assert.deepEqual(await idsIn(jar, await secondsAhead(test, t, lifetime + 5)), [])
  })

  it('after a suspension, also once it was lifted', async () => {
    const { userId, jar } = await entered()
    await suspendUser(deps, testContext(), { userId })
    assert.deepEqual(await idsIn(jar), [])
    await unsuspendUser(deps, testContext(), { userId })
    assert.deepEqual(await idsIn(jar), [])
  })

  it('after it was ended, and signing in again opens another one', async () => {
    const { userId, jar, sessionId } = await entered()
    await deps.sessionEnds.end(testContext(), {
      sessionId: sessionId as never,
      userId,
      reason: 'signed_out',
    })
    assert.deepEqual(await idsIn(jar), [])
    assert.notEqual(await enter(jar), sessionId)
  })

  it('where its secret is changed in one letter, cut off, or in another form', async () => {
    const { jar } = await entered()
    const [, secret = ''] = /signet-session=([^;]*)/u.exec(jar.header() ?? '') ?? []
    const other = secret.at(-1) === 'A' ? 'Q' : 'A'
    for (const bad of [
      secret.slice(0, -1) + other,
      secret.slice(0, -1),
      secret.toUpperCase(),
      `${secret}a`,
      '',
      '.',
      `x${secret}`,
    ])
      assert.deepEqual(await findBrowserSessions(deps, `signet-session=${bad}`), [], bad)
    const many = Array.from({ length: 400 }, () => secret).join('.')
    assert.equal((await findBrowserSessions(deps, `a=b; signet-session=${many}; c`)).length, 1)
  })
})

describe('a proof that comes too late', () => {
  /** The same parts, where something happens after the password was read and before it is known to be right. */
  function whileHashing(happens: () => Promise<unknown>): Deps {
    const verify: Deps['passwords']['verify'] = async (...args) => {
      const verified = await deps.passwords.verify(...args)
      await happens()
      return verified
    }
    return { ...deps, passwords: { ...deps.passwords, verify } }
  }

  it('does not renew a session that was kept while everything else ended', async () => {
    const userId = await openTestUser(deps, email)
    const jar = openCookieJar()
    const sessionId = (await enter(jar)) as never
    const before = await onlySession(jar)
    const tab = openCookieJar(jar)
    const parts = whileHashing(() =>
      endSessionsOf(deps, testContext(), {
        userId,
        sessionId,
        clientId: 'signet' as never,
        keepThis: true,
      }),
    )
    await assertRefused(enter(tab, { with: parts }), ErrorReason.INVALID_CREDENTIALS)
    assert.deepEqual((await onlySession(jar)).authTime, before.authTime)
  })

  it('does not renew it while that is on its way either', async () => {
    const userId = await openTestUser(deps, email)
    const jar = openCookieJar()
    const sessionId = (await enter(jar)) as never
    const before = await onlySession(jar)
    const [locked, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const ending = deps.db.transaction(async (tx) => {
      await lockUserSession(tx, { userId, sessionId })
      await cutUser(tx, { userId, reason: 'signed_out_elsewhere', keep: sessionId })
      locked.resolve()
      await goOn.promise
    })
    await locked.promise
    const refused = assertRefused(enter(openCookieJar(jar)), ErrorReason.INVALID_CREDENTIALS)
    const waits = `select count(*)::integer from pg_stat_activity
                    where datname = current_database() and wait_event_type = 'Lock'`
    const deadline = performance.now() + 10_000
    while ((await rowsOf(deps, waits))[0]?.[0] !== 1) {
      assert.ok(performance.now() < deadline, 'the proof does not wait')
      await nextTurn(10)
    }
    goOn.resolve()
    await ending
    await refused
    assert.deepEqual((await onlySession(jar)).authTime, before.authTime)
  })

  it('does not renew it with a password that was changed meanwhile', async () => {
    await openTestUser(deps, email)
    const jar = openCookieJar()
    await enter(jar)
    const parts = whileHashing(() =>
      rowsOf(deps, `update passwords set set_at = set_at + interval '1 millisecond'`),
    )
    await assertRefused(enter(openCookieJar(jar), { with: parts }), ErrorReason.INVALID_CREDENTIALS)
    await onlySession(jar)
  })
})

describe('a browser that somebody has signed in from', () => {
  it('is let in while strangers keep the account closed, for each of its accounts', async () => {
    const jar = openCookieJar()
    const addresses = [email, 'eve@example.com']
    for (const identifier of addresses) {
      await openTestUser(deps, identifier)
      await enter(jar, { identifier })
    }
    for (const identifier of addresses) {
      for (let guess = 0; guess < 10; guess += 1) {
        const context = { ipAddress: `198.51.100.${guess}` }
        const attempt = { identifier, password: wrong, context }
        await assertRefused(enter(openCookieJar(), attempt), ErrorReason.INVALID_CREDENTIALS)
      }
      await assertRefused(enter(openCookieJar(), { identifier }), ErrorReason.RATE_LIMITED)
      await enter(jar, { identifier })
    }
    assert.doesNotMatch(jar.header() ?? '', /ada|eve/u)
  })

  it('may be served by two instances', async (t) => {
    await openTestUser(deps, email)
    const db = openDatabase({ address: test.address, poolSize: 2, prepared: true })
    t.after(() => db.end())
    const other = withParts(deps, { db })
    const jar = openCookieJar()
    await enter(jar)
    await enter(jar, { with: other })
    assert.equal((await idsIn(jar)).length, 1)
    assert.equal((await idsIn(jar, other)).length, 1)
  })
})
