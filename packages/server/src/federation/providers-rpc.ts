/** Answers ProviderService: the providers that people may sign in with. */

import type { MessageInitShape } from '@bufbuild/protobuf'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import {
  type CheckProviderRequest,
  type CheckProviderResponseSchema,
  type CreateProviderRequest,
  type CreateProviderResponseSchema,
  type DeleteProviderRequest,
  type DeleteProviderResponseSchema,
  ErrorReason,
  type ListProvidersRequest,
  type ListProvidersResponseSchema,
  ProviderKind as ProviderKindMessage,
  type ProviderRecord as ProviderRecordMessage,
  type ProviderSchema,
  type UpdateProviderRequest,
  type UpdateProviderResponseSchema,
} from '@signet/contract'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import type { RequestContext } from '../request-context.ts'
import { type ProviderKind, type ProviderSettings, providerKinds } from './identity-provider.ts'
import { findProvider, listProviders as listProviderRows } from './identity-providers.sql.ts'
import {
  addProvider,
  changeProvider,
  type ProviderRecord,
  removeProvider,
} from './manage-providers.ts'
import { callbackAddress } from './provider-sign-in.ts'

/** Adds a provider. */
export async function createProvider(
  deps: Deps,
  ctx: RequestContext,
  { id, kind, record, clientSecret }: CreateProviderRequest,
): Promise<MessageInitShape<typeof CreateProviderResponseSchema>> {
  await addProvider(deps, ctx, { id, kind: kindOf(kind), record: readRecord(record), clientSecret })
  return { provider: await readProvider(deps, id) }
}

/** All that were added. */
export async function listProviders(
  deps: Deps,
  _ctx: RequestContext,
  _input: ListProvidersRequest,
): Promise<MessageInitShape<typeof ListProvidersResponseSchema>> {
  const rows = await listProviderRows(deps.db)
  return { providers: rows.map((row) => providerOf(deps, row)) }
}

/** Replaces a record. */
export async function updateProvider(
  deps: Deps,
  ctx: RequestContext,
  { providerId: id, record, clientSecret }: UpdateProviderRequest,
): Promise<MessageInitShape<typeof UpdateProviderResponseSchema>> {
  await changeProvider(deps, ctx, { id, record: readRecord(record), clientSecret })
  return { provider: await readProvider(deps, id) }
}

/** Removes a provider. */
export async function deleteProvider(
  deps: Deps,
  ctx: RequestContext,
  { providerId: id }: DeleteProviderRequest,
): Promise<MessageInitShape<typeof DeleteProviderResponseSchema>> {
  await removeProvider(deps, ctx, { id })
  return {}
}

/** Asks a provider whether its configuration is right. */
export async function checkProvider(
  deps: Deps,
  _ctx: RequestContext,
  { providerId: id }: CheckProviderRequest,
): Promise<MessageInitShape<typeof CheckProviderResponseSchema>> {
  const provider = await deps.identityProviders.find(id)
  if (provider === undefined)
    throw new SignetError(ErrorReason.NOT_FOUND, { detail: 'no such provider, or it is disabled' })
  return { problems: await deps.upstream.check(provider) }
}

const kindMessages: Readonly<Record<ProviderKind, ProviderKindMessage>> = {
  google: ProviderKindMessage.GOOGLE,
  microsoft: ProviderKindMessage.MICROSOFT,
  apple: ProviderKindMessage.APPLE,
  github: ProviderKindMessage.GITHUB,
  linkedin: ProviderKindMessage.LINKEDIN,
  facebook: ProviderKindMessage.FACEBOOK,
  oidc: ProviderKindMessage.OIDC,
}

function kindOf(message: ProviderKindMessage): ProviderKind {
  const kind = providerKinds.find((each) => kindMessages[each] === message)
  if (kind === undefined) throw new SignetError(ErrorReason.INVALID_ARGUMENT)
  return kind
}

type Row = Awaited<ReturnType<typeof listProviderRows>>[number]

async function readProvider(
  deps: Pick<Deps, 'config' | 'db'>,
  id: string,
): Promise<MessageInitShape<typeof ProviderSchema>> {
  const row = await findProvider(deps.db, { id })
  if (row === undefined) throw new SignetError(ErrorReason.NOT_FOUND)
  return providerOf(deps, row)
}

function providerOf(
  { config }: Pick<Deps, 'config'>,
  row: Row,
): MessageInitShape<typeof ProviderSchema> {
  const settings = row.settings as ProviderSettings
  const { issuer, tenant, teamId, keyId, scopes, trustsFactors, keepsTokens } = settings
  return {
    id: row.id,
    kind: kindMessages[row.kind as ProviderKind],
    record: {
      ...{ name: row.name, clientId: row.clientId, disabled: row.status !== 'active' },
      ...(issuer !== undefined && { issuer }),
      ...(tenant !== undefined && { tenant }),
      ...(teamId !== undefined && { teamId }),
      ...(keyId !== undefined && { keyId }),
      ...(scopes !== undefined && { scopes }),
      trustsFactors: trustsFactors === true,
      keepsTokens: keepsTokens === true,
    },
    callbackUrl: callbackAddress(config.issuer, row.id),
    createdAt: timestampFromDate(row.createdAt),
    updatedAt: timestampFromDate(row.updatedAt),
  }
}

function readRecord(record: ProviderRecordMessage | undefined): ProviderRecord {
  if (record === undefined) throw new SignetError(ErrorReason.INVALID_ARGUMENT)
  const {
    name,
    disabled,
    clientId,
    issuer,
    tenant,
    teamId,
    keyId,
    scopes,
    trustsFactors,
    keepsTokens,
  } = record
  const settings: ProviderSettings = {
    ...(issuer !== '' && { issuer }),
    ...(tenant !== '' && { tenant }),
    ...(teamId !== '' && { teamId }),
    ...(keyId !== '' && { keyId }),
    ...(scopes.length > 0 && { scopes }),
    ...(trustsFactors && { trustsFactors }),
    ...(keepsTokens && { keepsTokens }),
  }
  return { name, disabled, clientId, settings }
}
