/**
 * Back-channel logout: what clients are told, who is, and what becomes of it. The tokens are judged by a library that we did
 * not write (rows BCL-1 to BCL-3).
 */

import assert from 'node:assert/strict'
import { after, afterEach, beforeEach, describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import {
  LogoutDelivery,
  NotCoveredKind,
  type RevocationReceipt,
  SignOutScope,
} from '@signet/contract'
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose'
import { ownClientId } from '../clients/own-client.ts'
import { openDatabase } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import type { ClientId } from '../ids.ts'
import { heartbeatSeconds, jobPolicies, keptSeconds } from '../queue/job-kinds.ts'
import { signOut as leave } from '../revocation/rpc.ts'
import { endSessionsOf } from '../revocation/sign-out.ts'
import { signInAs } from '../testing/accounts.ts'
import { openFileDeps, rowsOf, testContext, withParts } from '../testing/deps.ts'
import { verifyIdTokenHint } from './id-token.ts'
import { openBackchannelWorld, until } from './testing/backchannel.ts'
import { exchange, type SignedInBrowser, signInBrowser } from './testing/browser.ts'

const opened = await openFileDeps({ emptied: [] })
const world = await openBackchannelWorld(opened)
const { deps, service, party, queued, end, startWorker } = world
const { config } = deps
let browser: SignedInBrowser

const signInTo = (app: 'app' | 'second' | 'deaf', on = browser, scope = 'openid') =>
  world.signInTo(app, on, scope)
const endThis = () => end(browser)

after(() => world.close())
beforeEach(async () => {
  await world.reset()
  browser = await signInBrowser(deps)
})
afterEach(() => assert.deepEqual(party.oddities, []))

describe('a logout token', () => {
  it('is what the specification says (BCL-1), and of the session that the ID token names', async () => {
    const { id_token } = await signInTo('app')
    await signInTo('second')
    startWorker()
    await endThis()
    await until('both are told', () => party.tokens.length === 2)
    const jwks = createLocalJWKSet(deps.signingKeys.jwks() as never)
    const algorithms: Record<string, string> = { app: 'ES256', second: 'RS256' }
    for (const token of party.tokens) {
      const { aud } = decodeJwt(token)
      const { payload, protectedHeader } = await jwtVerify(token, jwks, {
        issuer: config.issuer,
        audience: String(aud),
        typ: 'logout+jwt',
      })
      assert.equal(protectedHeader.alg, algorithms[String(aud)])
      assert.equal(payload.sub, browser.userId)
      assert.equal(payload.sid, browser.sessionId)
      assert.equal(payload.sid, decodeJwt(String(id_token)).sid)
      assert.deepEqual(payload.events, {
        'http://schemas.openid.net/event/backchannel-logout': {},
      })
      assert.ok(Number(payload.exp) - Number(payload.iat) <= 120)
      assert.equal(payload.nonce, undefined)
      assert.match(String(payload.jti), /^[0-9a-f-]{36}$/)
    }
    assert.notEqual(decodeJwt(party.tokens[0] ?? '').jti, decodeJwt(party.tokens[1] ?? '').jti)
  })

  it('is no ID token and no access token', async () => {
    await signInTo('app')
    startWorker()
    await endThis()
    await until('it came', () => party.tokens.length === 1)
    const [token = ''] = party.tokens
    const userinfo = await fetch(`${service.url}/oauth2/userinfo`, {
      headers: { authorization: `Bearer ${token}` },
    })
    assert.equal(userinfo.status, 401)
    assert.equal(verifyIdTokenHint(deps, token), undefined)
  })
})

describe('who is told (BCL-2)', () => {
  it('each client of the session once, however many grants it has', async () => {
    await signInTo('app')
    await signInTo('app')
    await signInTo('second')
    await signInTo('deaf')
    await endThis()
    assert.deepEqual(await queued(), [`app ${browser.sessionId}`, `second ${browser.sessionId}`])
  })

  it('not of another session', async () => {
    await signInTo('app', await signInBrowser(deps))
    await endThis()
    assert.deepEqual(await queued(), [])
  })

  it('a client whose grant outlives the session, too: its ID token names the session', async () => {
    const { id_token, refresh_token } = await signInTo('app', browser, 'openid offline_access')
    assert.equal(decodeJwt(String(id_token)).sid, browser.sessionId)
    await endThis()
    assert.deepEqual(await queued(), [`app ${browser.sessionId}`])
    const refresh = { grant_type: 'refresh_token', refresh_token }
    assert.equal((await exchange(service, world.apps.app, refresh)).status, 200)
  })

  it('nobody where nothing is committed', async () => {
    await signInTo('app')
    const rolledBack = deps.db.transaction(async (tx) => {
      await rowsOf({ db: tx } as Deps, `select log_revocation('sid', $1, 'revoked')`, [
        browser.sessionId,
      ])
      throw new Error('rolled back')
    })
    await assert.rejects(rolledBack, /rolled back/)
    assert.deepEqual(await queued(), [])
    await endThis()
    assert.deepEqual(await queued(), [`app ${browser.sessionId}`])
  })

  it('once, of fifty who end it at the same time on two instances', async (t) => {
    await signInTo('app')
    const second = openDatabase({ address: opened.address, poolSize: 8, prepared: true })
    t.after(() => second.end())
    const instances = [deps, withParts(deps, { db: second })]
    const { userId, sessionId } = browser
    const of = { userId, sessionId: sessionId as never, clientId: ownClientId as ClientId }
    const ends = Array.from({ length: 50 }, (_, n) =>
      n % 3 === 0
        ? endSessionsOf(instances[n % 2] as Deps, testContext(), { ...of, keepThis: false })
        : endThis(),
    )
    await Promise.allSettled(ends)
    assert.deepEqual(await queued(), [`app ${sessionId}`])
  })
})

describe('a client that does not answer as it should', () => {
  it('is told again until it has heard', async () => {
    await signInTo('app')
    party.answers = 503
    startWorker()
    await endThis()
    await until('it was tried twice', () => party.tokens.length >= 2)
    party.answers = 204
    const before = party.tokens.length
    await until('it is told', async () => {
      const [[delivered] = []] = await rowsOf(
        deps,
        'select delivered_at is not null from backchannel_logouts where session_id = $1',
        [browser.sessionId],
      )
      return delivered
    })
    assert.equal(party.tokens.length, before + 1)
    const ids = new Set(party.tokens.map((token) => decodeJwt(token).jti))
    assert.equal(ids.size, party.tokens.length)
  })

  it('is not asked elsewhere where it redirects', async () => {
    await signInTo('app')
    party.answers = 307
    startWorker()
    await endThis()
    await until('it was tried', () => party.tokens.length >= 1)
    await wait(100)
    assert.deepEqual(party.oddities, [])
  })

  it('and refuses the token is given up, and kept for somebody to look at', async () => {
    await signInTo('app')
    party.answers = 400
    startWorker()
    await endThis()
    await until('the job is dead', async () => {
      const [[state] = []] = await rowsOf(
        deps,
        `select state::text from jobs.job where name = 'backchannel_logout'`,
      )
      return state === 'failed'
    })
    assert.equal(party.tokens.length, 1)
  })

  it('and is not on the public internet is not asked, unless an operator allows it', async () => {
    await signInTo('app')
    startWorker({ outboundPrivateHosts: [] })
    await endThis()
    await until('it was tried', async () => {
      const [[tries] = []] = await rowsOf(
        deps,
        `select retry_count + (state = 'retry')::int from jobs.job where name = 'backchannel_logout'`,
      )
      return Number(tries) > 0
    })
    assert.deepEqual(party.tokens, [])
  })
})

describe('a receipt', () => {
  async function signOutHere(waitMs: number): Promise<RevocationReceipt> {
    const { accessToken, sessionId } = await signInAs(deps, browser.email)
    // The same session, as the browser has it.
    await rowsOf(deps, 'update grants set session_id = $2 where session_id = $1', [
      browser.sessionId,
      sessionId,
    ])
    await rowsOf(deps, 'update backchannel_logouts set session_id = $2 where session_id = $1', [
      browser.sessionId,
      sessionId,
    ])
    const scope = SignOutScope.THIS_SESSION
    const answer = await leave(deps, testContext(), { token: accessToken, scope, waitMs } as never)
    return answer.receipt as RevocationReceipt
  }
  const told = ({ clients }: RevocationReceipt) =>
    clients.map(({ clientId, delivery }) => [clientId, delivery])

  it('says who was told, and who does not hear of it', async () => {
    await signInTo('app')
    await signInTo('deaf')
    startWorker()
    const receipt = await signOutHere(10_000)
    assert.deepEqual(told(receipt), [['app', LogoutDelivery.DELIVERED]])
    assert.equal(receipt.complete, true)
    const unheard = receipt.notCovered.filter(({ kind }) => kind === NotCoveredKind.CLIENT)
    assert.deepEqual(
      unheard.map(({ clientId }) => clientId),
      ['deaf'],
    )
    assert.ok(unheard[0]?.until)
  })

  it('is not complete while one is on its way, nor where it does not take it', async () => {
    await signInTo('app')
    const onItsWay = await signOutHere(300)
    assert.deepEqual(told(onItsWay), [['app', LogoutDelivery.IN_FLIGHT]])
    assert.equal(onItsWay.complete, false)
    browser = await signInBrowser(deps)
    await rowsOf(deps, 'delete from jobs.job')
    await signInTo('app')
    party.answers = 400
    startWorker()
    const refused = await signOutHere(10_000)
    assert.deepEqual(told(refused), [['app', LogoutDelivery.FAILED]])
    assert.equal(refused.complete, false)
  })
})

it('queues as the code says that it is tried', async () => {
  await signInTo('app')
  await endThis()
  const [row] = await rowsOf(
    deps,
    `select retry_limit, retry_delay, retry_delay_max, expire_seconds, retry_backoff, heartbeat_seconds, deletion_seconds
       from jobs.job where name = 'backchannel_logout'`,
  )
  const { retriesMax, firstDelaySeconds, longestDelaySeconds, runSeconds } =
    jobPolicies.backchannel_logout
  assert.deepEqual(row, [
    retriesMax,
    firstDelaySeconds,
    longestDelaySeconds,
    runSeconds,
    true,
    heartbeatSeconds,
    keptSeconds.failed,
  ])
})
