/**
 * A running Signet: what is opened at start, in which order, and closed in reverse.
 *
 * 1. The database, which the caller has started.
 * 2. Migrations, under a lock: instances may start together.
 * 3. The master secret and the signing keys that it opens.
 * 4. What every call works with, the sealer of the event log, and what looks after the keys.
 * 5. The port. From here on calls are answered.
 * 6. The worker, which nobody waits for.
 *
 * Errors: a sentence for an operator (MigrationError, SigningKeysError, …); nothing stays open.
 */

import type { Logger } from 'pino'
import { methods, plainPaths } from './app.ts'
import { openPasswordHasher } from './authenticators/password-hash.ts'
import { mountAvatars } from './avatars/mount-avatars.ts'
import { openObjectStore } from './avatars/object-store.ts'
import { createAdmission } from './call/admission.ts'
import type { App } from './call/app.ts'
import { createValidate } from './call/validate.ts'
import { openClientKeys } from './clients/client-keys.ts'
import { openKnownClients } from './clients/known-clients.ts'
import type { Config } from './config/config.ts'
import { ensureMasterSecret } from './config/kept-master-secret.ts'
import { formatSocketAddress } from './config/socket-address.ts'
import { openMasterSecret } from './crypto/master-secret.ts'
import type { DatabaseAddress } from './db/address.ts'
import { openDatabase } from './db/database.ts'
import type { StartedDatabase } from './db/embedded/start-database.ts'
import { migrate } from './db/migrate.ts'
import type { Deps } from './deps.ts'
import { recordEvent } from './events/record-event.ts'
import { type Sealer, startSealer } from './events/sealer.ts'
import { openKnownProviders } from './federation/known-providers.ts'
import { openUpstream } from './federation/upstream.ts'
import { openKnownGrants } from './grants/grant-keys.ts'
import { openSimultaneousRefreshes } from './grants/simultaneous-refreshes.ts'
import { startNotices } from './jobs/notices.ts'
import { openJobs } from './jobs/open-jobs.ts'
import { type Inbox, openInbox } from './mail/inbox.ts'
import { mountInbox } from './mail/mount-inbox.ts'
import { anyOriginPaths, mountOauth, oauthForms } from './oauth/mount-oauth.ts'
import { createMetrics, type Metrics } from './operations/metrics.ts'
import { observePasswordHasher } from './operations/observe-password-hasher.ts'
import { listenProbes, mountProbes } from './operations/probes.ts'
import { openReadiness, type Readiness } from './operations/readiness.ts'
import { createTracing, type Tracing } from './operations/tracing.ts'
import { openGuardedFetch } from './outbound/guarded-fetch.ts'
import { mountPages } from './pages/mount-pages.ts'
import { languageTags } from './pages/page-texts.ts'
import { readQueueState } from './queue/queue-state.ts'
import { mountReference } from './reference/mount-reference.ts'
import { openRevocationFeed } from './revocation/feed.ts'
import { openLiveLog } from './revocation/live-log.ts'
import { openReceipts } from './revocation/receipts.ts'
import { openRedisMirror } from './revocation/redis-mirror.ts'
import { openSessionEnds } from './revocation/session-ends.ts'
import { startSessionSweeper } from './revocation/session-sweeper.ts'
import { openVerifierRegistry } from './revocation/verifier-registry.ts'
import { readInstallation, setupCode } from './roles/set-up.ts'
import { openSimultaneousSignIns } from './sign-in/simultaneous-sign-ins.ts'
import { startRewrapping } from './stored-keys/rewrap-stored-keys.ts'
import { authenticate } from './tokens/authenticate.ts'
import { startKeyRotation } from './tokens/rotate-signing-keys.ts'
import { ensureSigningKeys } from './tokens/signing-keys.ts'
import { openCountryRanges } from './wires/country-ranges.ts'
import { defaultWireLimits } from './wires/limits.ts'
import { createListener } from './wires/listener.ts'

export interface RunningServer {
  /** Where it listens, as `host:port`. */
  addresses: { http: string; grpc?: string; metrics?: string }
  /** Where the embedded Postgres keeps its data; undefined where the configuration names a database. */
  embeddedIn: string | undefined
  /** The code that lets somebody become the first administrator; undefined once there has been one. */
  setupCode: string | undefined
  /** Migrations that this start applied. */
  applied: string[]
  /** Finishes what is in flight, then closes everything. May be called again, and waits for the same end. */
  close(): Promise<void>
}

const streamsMax = 2_000

interface ServerOptions {
  config: Config
  log: Logger
  /** The server stops it when it closes, and when it cannot start. */
  database: StartedDatabase
}

/** Opens everything and starts answering. */
export async function startServer({
  config,
  log,
  database,
}: ServerOptions): Promise<RunningServer> {
  const opened = [database.stop]
  const closeAll = async () => {
    for (const close of opened.splice(0).reverse()) await close()
  }
  try {
    const { applied } = await migrate(config.database.directAddress ?? database.address)

    const tracing = await createTracing(config)
    opened.push(() => tracing.shutdown())
    const metrics = createMetrics()
    const { deps, sealer, close } = await openDeps({
      config,
      log,
      metrics,
      tracing,
      address: database.address,
    })
    opened.push(close)

    const app = createApp(deps, tracing)
    metrics.readFrom({
      database: deps.db.counts,
      passwordHasher: deps.passwords.counts,
      sealer: sealer.state,
      calls: app.admission.counts,
      revocations: deps.revocationFeed.state,
      jobs: () => readQueueState(deps.db),
    })
    const inbox = config.environment === 'development' ? openInbox() : undefined
    const directAddress = config.database.directAddress ?? database.address
    const jobs = openJobs(deps, { inbox, address: directAddress })
    opened.push(jobs.stop)
    const notices = startNotices(deps)
    opened.push(notices.stop)
    const sweeper = startSessionSweeper(deps)
    opened.push(sweeper.stop)
    const readiness = openReadiness(deps)
    const { addresses, stop } = await listen({ config, app, readiness, metrics, inbox })
    opened.push(stop)
    if (config.worker) jobs.start()
    const { instanceId, setUp } = await readInstallation(deps.db)

    let closed: Promise<void> | undefined
    return {
      addresses,
      embeddedIn: database.embeddedIn,
      setupCode: setUp ? undefined : setupCode(deps.masterSecret, instanceId),
      applied,
      close() {
        closed ??= closeAll()
        return closed
      },
    }
  } catch (error) {
    await closeAll()
    throw error
  }
}

interface Environment {
  config: Config
  log: Logger
  metrics: Metrics
  tracing: Tracing
  address: DatabaseAddress
}

async function openDeps({ config, log, metrics, tracing, address }: Environment): Promise<{
  deps: Deps
  sealer: Sealer
  close(): Promise<void>
}> {
  const masterSecret = openMasterSecret(ensureMasterSecret(config))
  const db = openDatabase({
    address,
    poolSize: config.database.poolSize,
    prepared: config.database.preparedStatements,
    trace: tracing.traceQuery,
  })
  const opened = [() => db.end()]
  const close = async () => {
    for (const closeOne of opened.splice(0).reverse()) await closeOne()
  }
  try {
    const signingKeys = await ensureSigningKeys({ db, masterSecret }, new Date())
    const hasher = openPasswordHasher(config.passwordHash)
    const passwords = observePasswordHasher(hasher, { metrics, tracing })
    const { issuer } = config
    const guardedFetch = openGuardedFetch({ privateHosts: config.outboundPrivateHosts })
    const { heartbeatMs, budgetSeconds } = config.revocationFeed
    const budgetMs = budgetSeconds * 1000
    const revocationFeed = openRevocationFeed({ issuer, heartbeatMs })
    const redisUrl = config.redisUrl?.reveal()
    const mirror =
      redisUrl === undefined
        ? undefined
        : await openRedisMirror({ db, log }, { url: redisUrl, issuer, budgetMs })
    const revocations = await openLiveLog(
      { db, log },
      {
        directAddress: config.database.directAddress ?? address,
        tokenLifetimeSeconds: config.accessTokenLifetimeSeconds,
        followers: [revocationFeed, ...(mirror === undefined ? [] : [mirror])],
      },
    )
    opened.push(() => revocations.stop())
    mirror?.start(revocations)
    opened.push(async () => mirror?.stop())
    const sealer = startSealer({ db, log, masterSecret })
    opened.push(() => sealer.stop())
    const deps = {
      config,
      db,
      masterSecret,
      signingKeys,
      knownGrants: openKnownGrants(masterSecret),
      knownClients: openKnownClients(),
      clientKeys: openClientKeys({ fetch: guardedFetch, log }),
      passwords,
      metrics,
      log,
      eventFeed: sealer.feed,
      revocations,
      revocationFeed,
      verifiers: openVerifierRegistry({ db, log }),
      receipts: openReceipts(db, mirror && budgetMs),
      sessionEnds: openSessionEnds({ db, masterSecret, revocations }),
      signIns: openSimultaneousSignIns({ config, db, masterSecret }),
      refreshes: openSimultaneousRefreshes({ config, db }),
      identityProviders: openKnownProviders({ config, db, masterSecret }),
      upstream: openUpstream({ fetch: guardedFetch, log }),
      avatarObjects: openObjectStore(config.avatars.store),
    }
    opened.push(() => deps.verifiers.stop())
    const rewrapping = await startRewrapping(deps)
    opened.push(() => rewrapping.stop())
    const keyRotation = startKeyRotation(deps)
    opened.push(() => keyRotation.stop())
    return { deps, sealer, close }
  } catch (error) {
    await close()
    throw error
  }
}

function createApp(deps: Deps, tracing: Tracing): App {
  return {
    deps,
    methods,
    validate: createValidate(),
    admission: createAdmission({ callsMax: deps.config.limits.concurrentCalls, streamsMax }),
    authenticate,
    watchCaller: (_deps, caller, ended) => deps.revocations.watchCaller(caller, ended),
    recordDenial: (all, ctx, { name }) =>
      recordEvent(all, ctx, {
        kind: 'access.denied',
        outcome: 'failure',
        details: { method: name },
      }),
    observe: deps.metrics.observeCall,
    ...(deps.config.otlpEndpoint !== undefined && { trace: tracing.traceCall }),
  }
}

interface Parts {
  config: Config
  app: App
  readiness: Readiness
  metrics: Metrics
  inbox: Inbox | undefined
}

async function listen({ config, app, readiness, metrics, inbox }: Parts): Promise<{
  addresses: RunningServer['addresses']
  stop(): Promise<void>
}> {
  const { metricsAddress } = config
  const { countryFile } = config
  const listener = await createListener({
    app,
    ...(countryFile !== undefined && { countries: openCountryRanges(countryFile) }),
    config: { ...config, limits: { ...defaultWireLimits, ...config.limits } },
    ready: readiness.ready,
    anyOriginPaths,
    forms: oauthForms(app.deps),
    aliases: plainPaths,
    async mountExtra(fastify, calls) {
      const onMainPort = metricsAddress === undefined && config.environment === 'development'
      const metricsTo = onMainPort ? 'this machine' : 'nobody'
      mountProbes(fastify, { readiness, metrics }, metricsTo)
      mountReference(fastify, { issuer: config.issuer })
      const { showProblem } = await mountPages(fastify, app.deps, calls)
      await mountOauth(fastify, app.deps, { call: calls, showProblem, uiLocales: languageTags })
      await mountAvatars(fastify, app.deps, calls)
      if (inbox !== undefined) mountInbox(fastify, inbox)
    },
  })
  const addresses = await listener.listen()
  const closeListener = async () => {
    readiness.startShutdown()
    await listener.close(config.shutdownGraceSeconds * 1000)
  }
  if (metricsAddress === undefined) return { addresses, stop: closeListener }
  const probes = await listenProbes({ readiness, metrics }, metricsAddress).catch(
    async (error: unknown) => {
      await closeListener()
      throw error
    },
  )
  const metricsAt = formatSocketAddress({ host: metricsAddress.host, port: probes.port })
  return {
    addresses: { ...addresses, metrics: metricsAt },
    async stop() {
      await closeListener()
      await probes.close()
    },
  }
}
