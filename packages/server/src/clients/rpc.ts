/** Answers ClientService: the apps and services that use Signet. */

import type { JsonObject, MessageInitShape } from '@bufbuild/protobuf'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import {
  type ClientLogoSchema,
  type ClientRecord as ClientRecordMessage,
  type ClientRecordSchema,
  type ClientSchema,
  ClientType as ClientTypeMessage,
  type CreateClientRequest,
  type CreateClientResponseSchema,
  type DisableClientRequest,
  type DisableClientResponseSchema,
  type EnableClientRequest,
  type EnableClientResponseSchema,
  ErrorReason,
  type GetClientRequest,
  type GetClientResponseSchema,
  type ListClientsRequest,
  type ListClientsResponseSchema,
  type RotateClientSecretRequest,
  type RotateClientSecretResponseSchema,
  type UpdateClientRequest,
  type UpdateClientResponseSchema,
} from '@signet/contract'
import type { SigningAlgorithm } from '../crypto/jws.ts'
import type { Json } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import type { ClientId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import { ownLifetimeOf } from './access-token-lifetime.ts'
import type { GrantType, ResponseMode } from './authorization-violations.ts'
import { logoPath } from './client-logo.ts'
import { findClient, listClients as listClientRows, listClientSecrets } from './clients.sql.ts'
import { disableClient as disable } from './disable-client.ts'
import { enableClient as enable } from './enable-client.ts'
import { type ClientRecord, type ClientType, registerClient } from './register-client.ts'
import { rotateClientSecret as rotate } from './rotate-client-secret.ts'
import { updateClient as update } from './update-client.ts'

const pageSizeDefault = 50

/** Registers a client. */
export async function createClient(
  deps: Deps,
  ctx: RequestContext,
  { id, type, subjectNamespace, record }: CreateClientRequest,
): Promise<MessageInitShape<typeof CreateClientResponseSchema>> {
  const client = {
    ...readRecord(record),
    id,
    type: typeOf(type),
    subjectNamespace: subjectNamespace || undefined,
  }
  const { secret = '' } = await registerClient(deps, ctx, client)
  return { client: await readClient(deps, id), clientSecret: secret }
}

/** Clients by id. */
export async function listClients(
  deps: Deps,
  _ctx: RequestContext,
  { pageSize, pageToken }: ListClientsRequest,
): Promise<MessageInitShape<typeof ListClientsResponseSchema>> {
  const limit = pageSize || pageSizeDefault
  // One more than wanted tells whether there is another page.
  const found = await listClientRows(deps.db, { limit: limit + 1, after: pageToken || null })
  const clients = found.slice(0, limit)
  const nextPageToken = found.length > limit ? (clients.at(-1)?.id ?? '') : ''
  return { clients: clients.map((row) => clientOf(deps.config, row)), nextPageToken }
}

/** One client. */
export async function getClient(
  deps: Deps,
  _ctx: RequestContext,
  { clientId }: GetClientRequest,
): Promise<MessageInitShape<typeof GetClientResponseSchema>> {
  return { client: await readClient(deps, clientId) }
}

/** Replaces a record. */
export async function updateClient(
  deps: Deps,
  ctx: RequestContext,
  { clientId, record }: UpdateClientRequest,
): Promise<MessageInitShape<typeof UpdateClientResponseSchema>> {
  await update(deps, ctx, { clientId: clientId as ClientId, record: readRecord(record) })
  return { client: await readClient(deps, clientId) }
}

/** Closes a client. */
export async function disableClient(
  deps: Deps,
  ctx: RequestContext,
  { clientId }: DisableClientRequest,
): Promise<MessageInitShape<typeof DisableClientResponseSchema>> {
  return disable(deps, ctx, { clientId: clientId as ClientId })
}

/** Opens a client again. */
export async function enableClient(
  deps: Deps,
  ctx: RequestContext,
  { clientId }: EnableClientRequest,
): Promise<MessageInitShape<typeof EnableClientResponseSchema>> {
  return enable(deps, ctx, { clientId: clientId as ClientId })
}

/** Makes another secret. */
export async function rotateClientSecret(
  deps: Deps,
  ctx: RequestContext,
  { clientId, lifetimeDays }: RotateClientSecretRequest,
): Promise<MessageInitShape<typeof RotateClientSecretResponseSchema>> {
  const input = { clientId: clientId as ClientId, lifetimeDays: lifetimeDays || undefined }
  return { clientSecret: await rotate(deps, ctx, input) }
}

const typeMessages: Readonly<Record<string, ClientTypeMessage>> = {
  public: ClientTypeMessage.PUBLIC,
  confidential: ClientTypeMessage.CONFIDENTIAL,
  service: ClientTypeMessage.SERVICE,
}

function typeOf(message: ClientTypeMessage): ClientType {
  const [name] = Object.entries(typeMessages).find(([, each]) => each === message) ?? []
  if (name === undefined) throw new SignetError(ErrorReason.INVALID_ARGUMENT)
  return name as ClientType
}

function readRecord(
  record: ClientRecordMessage | undefined,
): Omit<ClientRecord, 'subjectNamespace'> & { subjectNamespace: undefined } {
  if (record === undefined) throw new SignetError(ErrorReason.INVALID_ARGUMENT)
  const { responseModes, jwks } = record
  return {
    ...record,
    subjectNamespace: undefined,
    signingAlgorithm: (record.signingAlgorithm || 'ES256') as SigningAlgorithm,
    accessTokenLifetimeSeconds: record.accessTokenLifetimeSeconds || undefined,
    grantTypes: record.grantTypes as GrantType[],
    responseModes:
      responseModes.length > 0 ? (responseModes as ResponseMode[]) : ['query', 'form_post'],
    pkceRequired: !record.pkceOptional,
    backchannelLogoutUri: record.backchannelLogoutUri || undefined,
    jwks: jwks as Json | undefined,
    jwksUri: record.jwksUri || undefined,
    clientUri: record.clientUri || undefined,
    logoUri: record.logoUri || undefined,
    policyUri: record.policyUri || undefined,
    tosUri: record.tosUri || undefined,
  }
}

type Row = NonNullable<Awaited<ReturnType<typeof findClient>>>
type Secrets = Awaited<ReturnType<typeof listClientSecrets>>

async function readClient(
  { config, db }: Deps,
  id: string,
): Promise<MessageInitShape<typeof ClientSchema>> {
  const row = await findClient(db, { id })
  if (row === undefined) throw new SignetError(ErrorReason.NOT_FOUND, { detail: 'no such client' })
  return clientOf(config, row, await listClientSecrets(db, { clientId: id }))
}

function clientOf(
  config: Deps['config'],
  row: Row,
  secrets: Secrets = [],
): MessageInitShape<typeof ClientSchema> {
  return {
    id: row.id,
    type: typeMessages[row.type] ?? ClientTypeMessage.UNSPECIFIED,
    disabled: row.status !== 'active',
    subjectNamespace: row.subjectNamespace ?? '',
    record: recordOf(config, row),
    secrets: secrets.map(({ prefix, createdAt, expiresAt, lastUsedAt }) => ({
      prefix,
      createdAt: timestampFromDate(createdAt),
      ...(expiresAt !== null && { expiresAt: timestampFromDate(expiresAt) }),
      ...(lastUsedAt !== null && { lastUsedAt: timestampFromDate(lastUsedAt) }),
    })),
    createdAt: timestampFromDate(row.createdAt),
    ...(row.logoUri !== null && { logo: logoOf(config, row) }),
  }
}

function logoOf(
  { issuer }: Deps['config'],
  { logoHash, logoFetchedAt, logoProblem }: Row,
): MessageInitShape<typeof ClientLogoSchema> {
  return {
    url: logoHash === null ? '' : `${issuer}${logoPath(logoHash)}`,
    ...(logoFetchedAt !== null && { fetchedAt: timestampFromDate(logoFetchedAt) }),
    problem: logoProblem ?? '',
  }
}

function recordOf(config: Deps['config'], row: Row): MessageInitShape<typeof ClientRecordSchema> {
  return {
    ...row,
    accessTokenLifetimeSeconds: ownLifetimeOf(config, row) ?? 0,
    pkceOptional: !row.pkceRequired,
    backchannelLogoutUri: row.backchannelLogoutUri ?? '',
    ...(row.jwks !== null && { jwks: row.jwks as JsonObject }),
    jwksUri: row.jwksUri ?? '',
    clientUri: row.clientUri ?? '',
    logoUri: row.logoUri ?? '',
    policyUri: row.policyUri ?? '',
    tosUri: row.tosUri ?? '',
  } as MessageInitShape<typeof ClientRecordSchema>
}
