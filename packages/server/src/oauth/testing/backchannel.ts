/** A world with clients that hear of the end of sessions, a browser that is signed in, and what is queued for whom. */

import assert from 'node:assert/strict'
import { setTimeout as wait } from 'node:timers/promises'
import type { Deps } from '../../deps.ts'
import { type Jobs, openJobs } from '../../jobs/open-jobs.ts'
import type { TestClient } from '../../testing/clients.ts'
import { rowsOf, type TestDeps, testContext, withParts } from '../../testing/deps.ts'
import { startTestService, type TestService } from '../../testing/service.ts'
import { codeFor, codeForm, exchange, registerApp, type SignedInBrowser } from './browser.ts'
import { type RelyingParty, startRelyingParty } from './relying-party.ts'

export interface BackchannelWorld {
  deps: Deps
  service: TestService
  /** Hears of the end of sessions of the apps `app` (ES256) and `second` (RS256); `deaf` hears of nothing. */
  party: RelyingParty
  /** What the apps prove themselves with. */
  apps: Record<'app' | 'second' | 'deaf', TestClient>
  /** Tokens for an app in the session of a browser. */
  signInTo(
    app: 'app' | 'second' | 'deaf',
    on: SignedInBrowser,
    scope?: string,
  ): Promise<Record<string, string>>
  /** Ends the session of a browser. */
  end(browser: SignedInBrowser): Promise<bigint>
  /** Whom the queue would tell, in order: client and session. */
  queued(): Promise<string[]>
  startWorker(changes?: Partial<Deps['config']>): void
  /** Empties the queue, stops the worker, and makes the party answer 200. */
  reset(): Promise<void>
  close(): Promise<void>
}

/** Opens it on a database of its own. */
export async function openBackchannelWorld(opened: TestDeps): Promise<BackchannelWorld> {
  const config = { ...opened.deps.config, outboundPrivateHosts: ['localhost:*'] }
  const deps = withParts(opened.deps, { config })
  const service = await startTestService(deps)
  const party = await startRelyingParty()
  const { uri: backchannelLogoutUri } = party
  const rs256 = { id: 'second', backchannelLogoutUri, signingAlgorithm: 'RS256' } as const
  const apps = {
    app: await registerApp(deps, { backchannelLogoutUri }),
    second: await registerApp(deps, rs256),
    deaf: await registerApp(deps, { id: 'deaf' }),
  }
  let jobs: Jobs | undefined
  return {
    deps,
    service,
    party,
    apps,
    async signInTo(app, on, scope = 'openid') {
      const code = await codeFor(service, on, { client_id: app, scope })
      const { status, body } = await exchange(service, apps[app], codeForm(code))
      assert.equal(status, 200, JSON.stringify(body))
      return body
    },
    end({ sessionId, userId }) {
      const end = { sessionId: sessionId as never, userId, reason: 'revoked' } as const
      return deps.sessionEnds.end(testContext(), end)
    },
    async queued() {
      const text = `select data->>'clientId', data->>'sessionId' from jobs.job where name = 'backchannel_logout' order by 1, 2`
      return (await rowsOf(deps, text)).map((row) => row.join(' '))
    },
    startWorker(changes = {}) {
      const worker = { ...deps, config: { ...config, ...changes } }
      jobs = openJobs(worker, { address: opened.address, inbox: undefined })
      jobs.start()
    },
    async reset() {
      await jobs?.stop()
      jobs = undefined
      await rowsOf(deps, 'delete from jobs.job')
      Object.assign(party, { answers: 200, tokens: [], oddities: [] })
    },
    async close() {
      await jobs?.stop()
      await service.close()
      await party.close()
    },
  }
}

/** Waits until it holds, for twenty seconds at the most. */
export async function until(what: string, holds: () => unknown): Promise<void> {
  const deadline = performance.now() + 20_000
  while (!(await holds())) {
    assert.ok(performance.now() < deadline, `never: ${what}`)
    await wait(20)
  }
}
