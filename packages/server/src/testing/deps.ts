/** What use-cases work with, in a test: every part a real one, on a database of its own. */

import { randomUUID } from 'node:crypto'
import { after, beforeEach } from 'node:test'
import { openPasswordHasher } from '../authenticators/password-hash.ts'
import { openObjectStore } from '../avatars/object-store.ts'
import { openClientKeys } from '../clients/client-keys.ts'
import { openKnownClients } from '../clients/known-clients.ts'
import { loadConfig } from '../config/config.ts'
import { openMasterSecret } from '../crypto/master-secret.ts'
import type { DatabaseAddress } from '../db/address.ts'
import type { Deps } from '../deps.ts'
import { openEventFeed } from '../events/event-feed.ts'
import { openKnownProviders } from '../federation/known-providers.ts'
import { openUpstream } from '../federation/upstream.ts'
import { openKnownGrants } from '../grants/grant-keys.ts'
import { openSimultaneousRefreshes } from '../grants/simultaneous-refreshes.ts'
import { createLogger } from '../operations/log.ts'
import { createMetrics } from '../operations/metrics.ts'
import { openGuardedFetch } from '../outbound/guarded-fetch.ts'
import type { RequestContext } from '../request-context.ts'
import { openRevocationFeed } from '../revocation/feed.ts'
import { openLiveLog } from '../revocation/live-log.ts'
import { openReceipts } from '../revocation/receipts.ts'
import { openSessionEnds } from '../revocation/session-ends.ts'
import { openVerifierRegistry } from '../revocation/verifier-registry.ts'
import { markSetUp } from '../roles/set-up.sql.ts'
import { openSimultaneousSignIns } from '../sign-in/simultaneous-sign-ins.ts'
import { ensureSigningKeys } from '../tokens/signing-keys.ts'
import { createTestDatabase } from './database.ts'

export interface TestDeps {
  deps: Deps
  address: DatabaseAddress
  close(): Promise<void>
}

/** Opens everything, set up as after the first administrator. `close` it when the test is over. */
export async function openTestDeps(): Promise<TestDeps> {
  const { db, address, drop } = await createTestDatabase()
  const masterSecret = openMasterSecret({ current: `secret of one test ${randomUUID()}` })
  const signingKeys = await ensureSigningKeys({ db, masterSecret }, new Date())
  await markSetUp(db)
  const config = loadConfig({ environment: {}, directory: import.meta.dirname })
  const log = createLogger({ level: 'silent', format: 'json' })
  const tokenLifetimeSeconds = config.accessTokenLifetimeSeconds
  const { heartbeatMs } = config.revocationFeed
  const revocationFeed = openRevocationFeed({ issuer: config.issuer, heartbeatMs })
  const logOptions = { directAddress: address, tokenLifetimeSeconds, followers: [revocationFeed] }
  const verifiers = openVerifierRegistry({ db, log })
  const guardedFetch = openGuardedFetch({ privateHosts: ['localhost:*', '127.0.0.1:*'] })
  const revocations = await openLiveLog({ db, log }, logOptions)
  return {
    deps: {
      config,
      db,
      masterSecret,
      signingKeys,
      knownGrants: openKnownGrants(masterSecret),
      knownClients: openKnownClients(),
      clientKeys: openClientKeys({ fetch: guardedFetch, log }),
      passwords: openPasswordHasher({ concurrency: 2, queueMax: 1000 }),
      eventFeed: openEventFeed(),
      revocations,
      revocationFeed,
      verifiers,
      receipts: openReceipts(db),
      sessionEnds: openSessionEnds({ db, masterSecret, revocations }),
      signIns: openSimultaneousSignIns({ config, db, masterSecret }),
      refreshes: openSimultaneousRefreshes({ config, db }),
      identityProviders: openKnownProviders({ config, db, masterSecret }),
      upstream: openUpstream({ fetch: guardedFetch, log }),
      avatarObjects: openObjectStore(config.avatars.store),
      metrics: createMetrics(),
      log,
    },
    address,
    async close() {
      await revocations.stop()
      await verifiers.stop()
      await drop()
    },
  }
}

/** The same parts, some of them replaced, with what is opened over them opened anew. */
export function withParts(deps: Deps, parts: Partial<Deps>): Deps {
  const changed = { ...deps, ...parts }
  return {
    ...changed,
    signIns: openSimultaneousSignIns(changed),
    refreshes: openSimultaneousRefreshes(changed),
    identityProviders: openKnownProviders(changed),
  }
}

/**
 * The same for all tests of a file: opened here, closed after the last of them, and these tables emptied before each.
 * Belongs at the top of the file, before anything else that is done before each test.
 */
export async function openFileDeps({ emptied }: { emptied: string[] }): Promise<TestDeps> {
  const opened = await openTestDeps()
  after(() => opened.close())
  beforeEach(async () => {
    for (const table of emptied) await rowsOf(opened.deps, `delete from ${table}`)
  })
  return opened
}

/** The context of one call by nobody known. */
export function testContext(changes: Partial<RequestContext> = {}): RequestContext {
  return {
    now: new Date(),
    reference: 'TEST-TEST-TEST',
    ipAddress: '192.0.2.1',
    userAgent: 'test',
    caller: { kind: 'anonymous' },
    signal: new AbortController().signal,
    log: createLogger({ level: 'silent', format: 'json' }),
    ...changes,
  }
}

/** Rows of a statement that only a test asks. */
export async function rowsOf(
  deps: Pick<Deps, 'db'>,
  text: string,
  values: unknown[] = [],
): Promise<unknown[][]> {
  return (await deps.db.query({ name: '', text, values, rowMode: 'array' })).rows
}
