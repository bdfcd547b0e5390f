/** What use-cases work with: made once at start, passed down as an argument, narrowed with `Pick` where it is used. */

import type { Logger } from 'pino'
import type { PasswordHasher } from './authenticators/password-hash.ts'
import type { ObjectStore } from './avatars/object-store.ts'
import type { ClientKeys } from './clients/client-keys.ts'
import type { KnownClients } from './clients/known-clients.ts'
import type { Config } from './config/config.ts'
import type { MasterSecret } from './crypto/master-secret.ts'
import type { Database } from './db/database.ts'
import type { EventFeed } from './events/event-feed.ts'
import type { KnownProviders } from './federation/known-providers.ts'
import type { Upstream } from './federation/upstream.ts'
import type { KnownGrants } from './grants/grant-keys.ts'
import type { SimultaneousRefreshes } from './grants/simultaneous-refreshes.ts'
import type { Metrics } from './operations/metrics.ts'
import type { RevocationFeed } from './revocation/feed.ts'
import type { LiveLog } from './revocation/live-log.ts'
import type { Receipts } from './revocation/receipts.ts'
import type { SessionEnds } from './revocation/session-ends.ts'
import type { VerifierRegistry } from './revocation/verifier-registry.ts'
import type { SimultaneousSignIns } from './sign-in/simultaneous-sign-ins.ts'
import type { SigningKeys } from './tokens/signing-keys.ts'

export interface Deps {
  config: Config
  db: Database
  masterSecret: MasterSecret
  signingKeys: SigningKeys
  knownGrants: KnownGrants
  knownClients: KnownClients
  clientKeys: ClientKeys
  passwords: PasswordHasher
  eventFeed: EventFeed
  revocations: LiveLog
  revocationFeed: RevocationFeed
  verifiers: VerifierRegistry
  receipts: Receipts
  sessionEnds: SessionEnds
  signIns: SimultaneousSignIns
  refreshes: SimultaneousRefreshes
  identityProviders: KnownProviders
  upstream: Upstream
  avatarObjects: ObjectStore
  metrics: Metrics
  log: Logger
}
