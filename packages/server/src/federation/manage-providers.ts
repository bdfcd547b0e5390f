/**
 * Adds, changes and removes providers that people sign in with.
 *
 * What is missing for its kind is refused, everything at once. Secrets are stored wrapped under the master secret, and never
 * answered. The kind stays: who somebody is at a provider rests on it. Whoever is signed in by a provider stays so when it goes.
 *
 * Errors: INVALID_ARGUMENT, NOT_FOUND.
 */

import { ErrorReason } from '@signet/contract'
import { Secret } from '../config/secret.ts'
import type { Json } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import { SignetError, type Violation } from '../errors.ts'
import { recordEvent } from '../events/record-event.ts'
import type { RequestContext } from '../request-context.ts'
import type { IdentityProvider, ProviderKind, ProviderSettings } from './identity-provider.ts'
import {
  deleteProvider,
  findProvider,
  insertProvider,
  replaceProvider,
} from './identity-providers.sql.ts'
import { violationsOf } from './judge-settings.ts'
import { wrapSecret } from './known-providers.ts'
import type { SettingViolation } from './profiles/profile.ts'
import { profileOf } from './profiles/profiles.ts'

/** What can change about a provider. */
export interface ProviderRecord extends Pick<IdentityProvider, 'name' | 'clientId'> {
  disabled: boolean
  settings: ProviderSettings
}

interface NewProvider {
  id: string
  kind: ProviderKind
  record: ProviderRecord
  clientSecret: string
}

type ManageDeps = Pick<Deps, 'config' | 'db' | 'masterSecret'>

/** Adds a provider. */
export async function addProvider(
  deps: ManageDeps,
  ctx: RequestContext,
  added: NewProvider,
): Promise<void> {
  const { id, kind, record, clientSecret } = added
  const violations = [
    ...(await settingViolations(added)),
    ...(deps.config.providers.some((each) => each.id === id)
      ? [violation('id', 'taken', 'The environment has a provider of this id. Choose another one.')]
      : []),
  ]
  if (violations.length > 0) throw new SignetError(ErrorReason.INVALID_ARGUMENT, { violations })
  await deps.db.transaction(async (tx) => {
    const inserted = await insertProvider(tx, {
      ...{ id, kind, ...columnsOf(record), now: ctx.now },
      ...wrapSecret(deps.masterSecret, { id, clientSecret: new Secret(clientSecret) }),
    })
    if (inserted === 0)
      throw new SignetError(ErrorReason.INVALID_ARGUMENT, {
        violations: [
          violation('id', 'taken', 'There is a provider of this id. Choose another one.'),
        ],
      })
    await recordEvent({ ...deps, db: tx }, ctx, {
      kind: 'provider.created',
      outcome: 'success',
      details: { provider: id, providerKind: kind },
    })
  })
}

/** Replaces everything that can change. Without a secret the stored one stays. */
export async function changeProvider(
  deps: ManageDeps,
  ctx: RequestContext,
  { id, record, clientSecret }: { id: string; record: ProviderRecord; clientSecret: string },
): Promise<void> {
  const found = await findProvider(deps.db, { id })
  if (found === undefined) throw noProvider()
  const kind = found.kind as ProviderKind
  const judged = await settingViolations({ id, kind, record, clientSecret })
  const violations = [
    // The secret that stays was judged when it came.
    ...judged.filter(({ field }) => clientSecret !== '' || field !== 'clientSecret'),
    ...movedViolations(found.settings as ProviderSettings, record, clientSecret),
  ]
  if (violations.length > 0) throw new SignetError(ErrorReason.INVALID_ARGUMENT, { violations })
  const wrapped =
    clientSecret === ''
      ? { wrappedSecret: null, wrappingKeyId: null }
      : wrapSecret(deps.masterSecret, { id, clientSecret: new Secret(clientSecret) })
  await deps.db.transaction(async (tx) => {
    const changed = await replaceProvider(tx, {
      ...{ id, ...columnsOf(record), now: ctx.now },
      formerIssuer: (found.settings as ProviderSettings).issuer ?? null,
      ...wrapped,
    })
    if (changed === undefined) throw noProvider()
    await recordEvent({ ...deps, db: tx }, ctx, {
      kind: 'provider.updated',
      outcome: 'success',
      details: { provider: id, disabled: record.disabled, secretChanged: clientSecret !== '' },
    })
  })
}

/** Removes a provider; who people are there is kept. */
export async function removeProvider(
  deps: ManageDeps,
  ctx: RequestContext,
  { id }: { id: string },
): Promise<void> {
  await deps.db.transaction(async (tx) => {
    if ((await deleteProvider(tx, { id })) === undefined) throw noProvider()
    await recordEvent({ ...deps, db: tx }, ctx, {
      kind: 'provider.removed',
      outcome: 'success',
      details: { provider: id },
    })
  })
}

function columnsOf({ name, clientId, disabled, settings }: ProviderRecord) {
  const status = disabled ? 'disabled' : 'active'
  return { name, clientId, status, settings: settings as NonNullable<Json> }
}

/** All that is wrong with what somebody says of a provider. */
async function settingViolations({
  id,
  kind,
  record,
  clientSecret,
}: NewProvider): Promise<Violation[]> {
  const { name, clientId, settings } = record
  const provider = { id, kind, name, clientId, clientSecret: new Secret(clientSecret), settings }
  return violationsOf(await profileOf(kind), provider).map(({ field, rule, message }) =>
    violation(placeOf(field), rule, message),
  )
}

/** Where a setting stands in a request. */
function placeOf(field: SettingViolation['field']): string {
  return field === 'id' || field === 'clientSecret' ? field : `record.${field}`
}

/** The stored secret goes to the place that it was given for, and to no other. */
function movedViolations(
  { issuer }: ProviderSettings,
  { settings }: ProviderRecord,
  clientSecret: string,
): Violation[] {
  if (clientSecret !== '' || issuer === settings.issuer) return []
  const sentence = 'Another issuer does not get the secret of the former one. Give its own.'
  return [violation('clientSecret', 'needed_for_issuer', sentence)]
}

function violation(field: string, rule: string, message: string): Violation {
  return { field, rule: `provider.${rule}`, message }
}

function noProvider(): SignetError {
  return new SignetError(ErrorReason.NOT_FOUND, { detail: 'no such provider' })
}
