/** Every cause that ends a session tells its clients of it, in the transaction of the end or with the next sweep. */

import assert from 'node:assert/strict'
import { after, afterEach, beforeEach, describe, it } from 'node:test'
import { SignOutScope } from '@signet/contract'
import { disableClient } from '../clients/disable-client.ts'
import { ownClientId } from '../clients/own-client.ts'
import type { Deps } from '../deps.ts'
import type { UserId } from '../ids.ts'
import { recoverInstallation } from '../revocation/recover.ts'
import { signOut as leave } from '../revocation/rpc.ts'
import { sweepSessions } from '../revocation/session-sweeper.ts'
import { endSessionsOf } from '../revocation/sign-out.ts'
import { changePassword } from '../sign-in/change-password.ts'
import { signInAs, testPassword } from '../testing/accounts.ts'
import { secondsAhead } from '../testing/clock.ts'
import { openFileDeps, rowsOf, testContext, withParts } from '../testing/deps.ts'
import { startTestService } from '../testing/service.ts'
import { suspendUser } from '../users/suspend-user.ts'
import { openBackchannelWorld } from './testing/backchannel.ts'
import {
  codeFor,
  codeForm,
  exchange,
  registerApp,
  type SignedInBrowser,
  signInBrowser,
} from './testing/browser.ts'

const opened = await openFileDeps({ emptied: [] })
const world = await openBackchannelWorld(opened)
const { deps, service, party, queued, end } = world
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

describe('every cause', () => {
  const other = async () => {
    const { accessToken, sessionId } = await signInAs(deps, browser.email)
    return { accessToken, sessionId }
  }
  const told = () => [`app ${browser.sessionId}`]
  const user = (): UserId => browser.userId

  it('sign-out everywhere, asked for in another session', async () => {
    await signInTo('app')
    const { accessToken: token } = await other()
    const scope = SignOutScope.EVERYWHERE
    await leave(deps, testContext(), { token, scope, waitMs: 0 } as never)
    assert.deepEqual(await queued(), told())
  })

  it('sign-out of the other sessions, and not of the one that stays', async () => {
    await signInTo('app')
    const { accessToken: token } = await other()
    const scope = SignOutScope.OTHER_SESSIONS
    await leave(deps, testContext(), { token, scope, waitMs: 0 } as never)
    assert.deepEqual(await queued(), told())
    await rowsOf(deps, 'delete from jobs.job')
    browser = await signInBrowser(deps)
    await signInTo('app')
    const kept = { userId: user(), sessionId: browser.sessionId as never, clientId: ownClientId }
    await endSessionsOf(deps, testContext(), { ...kept, keepThis: true } as never)
    assert.deepEqual(await queued(), [])
    await endThis()
    assert.deepEqual(await queued(), told())
  })

  it('a changed password', async () => {
    await signInTo('app')
    const { sessionId } = await other()
    const caller = {
      kind: 'user',
      userId: user(),
      sessionId,
      clientId: ownClientId,
    } as never
    await changePassword(deps, testContext({ caller }), {
      currentPassword: testPassword,
      newPassword: 'an entirely different sentence',
    } as never)
    assert.deepEqual(await queued(), told())
  })

  it('and a client that begins to hear of sign-outs while the session lives', async () => {
    await signInTo('deaf')
    const uri = 'update clients set backchannel_logout_uri = $1 where id = $2'
    await rowsOf(deps, uri, [party.uri, 'deaf'])
    await end(browser)
    assert.deepEqual(await queued(), [`deaf ${browser.sessionId}`])
    await rowsOf(deps, uri, [null, 'deaf'])
  })

  it('suspension', async () => {
    await signInTo('app')
    await suspendUser(deps, testContext(), { userId: user() })
    assert.deepEqual(await queued(), told())
  })

  it('reuse of a refresh token of one of our own apps', async (t) => {
    const spa = await registerApp(deps, {
      id: 'spa',
      type: 'public',
      backchannelLogoutUri: party.uri,
    })
    const code = await codeFor(service, browser, { client_id: 'spa' })
    const { body } = await exchange(service, undefined, { ...codeForm(code), client_id: 'spa' })
    await signInTo('app')
    const refresh = async (seconds: number, refresh_token: string | undefined) => {
      const later = withParts(await secondsAhead(opened, t, seconds), { config })
      const ahead = await startTestService(later)
      t.after(() => ahead.close())
      const form = { grant_type: 'refresh_token', refresh_token, client_id: spa.clientId }
      return exchange(ahead, undefined, form)
    }
    const successor = await refresh(60, body.refresh_token)
    await refresh(120, successor.body.refresh_token)
    assert.equal((await refresh(180, body.refresh_token)).status, 400)
    assert.deepEqual(await queued(), [`app ${browser.sessionId}`, `spa ${browser.sessionId}`])
  })

  it('the end of the client through which the session was opened, with the next sweep', async () => {
    const opener = await registerApp(deps, { id: 'opener' })
    await signInTo('app')
    await rowsOf(deps, `update sessions set client_id = 'opener' where id = $1`, [
      browser.sessionId,
    ])
    await sweepSessions(deps.db)
    await disableClient(deps, testContext(), { clientId: opener.clientId })
    assert.deepEqual(await queued(), [])
    await sweepSessions(deps.db)
    assert.deepEqual(await queued(), told())
  })
})

describe('a session that expires without a word', () => {
  it('is told of by whoever looks first, once, on two instances', async (t) => {
    await signInTo('app')
    const ahead = await Promise.all(
      [1, 2].map(() => secondsAhead(opened, t, config.sessionIdleLifetimeSeconds + 15)),
    )
    await sweepSessions(deps.db)
    assert.deepEqual(await queued(), [])
    await Promise.all(
      Array.from({ length: 20 }, (_, n) => sweepSessions((ahead[n % 2] as Deps).db)),
    )
    assert.deepEqual(
      (await queued()).filter((each) => each.includes(browser.sessionId)),
      [`app ${browser.sessionId}`],
    )
  })

  it('is not told of while it goes on', async (t) => {
    await signInTo('app')
    const later = await secondsAhead(opened, t, 60)
    await sweepSessions(later.db)
    assert.deepEqual(await queued(), [])
    const [[lookAt] = []] = await rowsOf(
      deps,
      `select b.look_at = least(s.idle_expires_at, s.expires_at) from backchannel_logouts b join sessions s on s.id = b.session_id
        where b.session_id = $1`,
      [browser.sessionId],
    )
    assert.equal(lookAt, true)
  })

  it('is found in batches', async (t) => {
    for (let n = 0; n < 3; n += 1) await signInTo('app', await signInBrowser(deps))
    const ahead = await secondsAhead(opened, t, 400 * 86_400)
    const more: boolean[] = []
    for (let n = 0; n < 50 && more.at(-1) !== false; n += 1)
      more.push(await sweepSessions(ahead.db, 2))
    assert.ok(more.length > 1)
  })
})

// The last one: nothing that was there before is good afterwards.
it('recovery of the whole installation, with the next sweep', async () => {
  await signInTo('app')
  await recoverInstallation(deps, testContext())
  await sweepSessions(deps.db)
  assert.ok((await queued()).includes(`app ${browser.sessionId}`))
})
