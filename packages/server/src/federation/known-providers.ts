/**
 * The providers that people may sign in with: those of the environment, and those that were added through the contract. One of
 * the environment comes before one of the same id.
 *
 * What stands on a page is read at most every two seconds, and while the database is away it is what was read last. A sign-in
 * itself asks the database, so that a provider which was switched off lets nobody in from then on.
 */

import type { Config } from '../config/config.ts'
import { Secret } from '../config/secret.ts'
import type { MasterSecret } from '../crypto/master-secret.ts'
import type { Database } from '../db/database.ts'
import type { WrappedValues } from '../db/rewrap.ts'
import type { IdentityProvider, ProviderKind, ProviderSettings } from './identity-provider.ts'
import {
  findProvider,
  listActiveProviders,
  lockProviderSecrets,
  replaceProviderSecrets,
} from './identity-providers.sql.ts'

/** What a button needs. */
export type ListedProvider = Pick<IdentityProvider, 'id' | 'kind' | 'name'>

export interface KnownProviders {
  /** Those that are switched on. Never fails. */
  list(): Promise<readonly ListedProvider[]>
  /** One that is switched on. */
  find(id: string): Promise<IdentityProvider | undefined>
}

interface ProviderParts {
  config: Pick<Config, 'providers'>
  db: Database
  masterSecret: MasterSecret
}

const listedForMs = 2_000

/** Reads nothing yet. */
export function openKnownProviders({ config, db, masterSecret }: ProviderParts): KnownProviders {
  const configured = config.providers.map(
    (provider): IdentityProvider => ({
      ...provider,
      kind: provider.id,
    }),
  )
  let added: readonly ListedProvider[] = []
  let readAtMs = Number.NEGATIVE_INFINITY
  return {
    async list() {
      if (performance.now() - readAtMs > listedForMs) {
        readAtMs = performance.now()
        const read = await listActiveProviders(db).catch(() => undefined)
        if (read !== undefined) added = read as ListedProvider[]
      }
      const ids = new Set<string>(configured.map(({ id }) => id))
      return [...configured, ...added.filter(({ id }) => !ids.has(id))]
    },
    async find(id) {
      const own = configured.find((provider) => provider.id === id)
      if (own !== undefined) return own
      const row = await findProvider(db, { id })
      if (row === undefined || row.status !== 'active') return undefined
      return {
        ...{ id, name: row.name, clientId: row.clientId },
        kind: row.kind as ProviderKind,
        clientSecret: unwrapSecret(masterSecret, row),
        settings: row.settings as ProviderSettings,
      }
    },
  }
}

/** Wraps a secret for the row of a provider. */
export function wrapSecret(
  masterSecret: MasterSecret,
  { id, clientSecret }: Pick<IdentityProvider, 'id' | 'clientSecret'>,
): { wrappedSecret: Buffer; wrappingKeyId: string } {
  const { wrapped, keyId } = masterSecret.wrap(purposeOf(id), Buffer.from(clientSecret.reveal()))
  return { wrappedSecret: wrapped, wrappingKeyId: keyId }
}

function unwrapSecret(
  masterSecret: MasterSecret,
  {
    id,
    wrappedSecret,
    wrappingKeyId,
  }: { id: string; wrappedSecret: Buffer; wrappingKeyId: string },
): Secret {
  return new Secret(masterSecret.unwrap(purposeOf(id), wrappedSecret, wrappingKeyId).toString())
}

/** For taking over what another master secret wrapped. */
export const providerSecretValues: WrappedValues = {
  beforeFirst: '',
  purposeOf,
  lock: lockProviderSecrets,
  replace: replaceProviderSecrets,
}

/** The id is part of the purpose, so that rows whose secrets were exchanged do not open. */
function purposeOf(id: string): string {
  return `identity provider ${id}`
}
