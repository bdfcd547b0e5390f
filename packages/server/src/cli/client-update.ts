/** `signet client update` and `client enable`: changes of a client that is registered. */

import type { GrantType, ResponseMode } from '../clients/authorization-violations.ts'
import { findClient } from '../clients/clients.sql.ts'
import { enableClient } from '../clients/enable-client.ts'
import type { ClientRecord } from '../clients/register-client.ts'
import { updateClient } from '../clients/update-client.ts'
import type { SigningAlgorithm } from '../crypto/jws.ts'
import type { ClientId } from '../ids.ts'
import { type ClientRecordOptions, noSuchClient, noteShortened, readKeySet } from './client.ts'
import type { ExitCode } from './exit-codes.ts'
import { whereNotFound, withChange } from './operator.ts'
import type { ChangeOptions, CommandContext } from './verb.ts'

type Row = NonNullable<Awaited<ReturnType<typeof findClient>>>

/** `client update`: what is given replaces what was there. */
export async function clientUpdate(
  context: CommandContext,
  id: string,
  { dryRun = false, ...options }: ClientRecordOptions & ChangeOptions,
): Promise<ExitCode> {
  return withChange(context, dryRun, async (deps, ctx) => {
    const clientId = id as ClientId
    const row = await findClient(deps.db, { id })
    if (row === undefined) throw noSuchClient(id)
    await updateClient(deps, ctx, { clientId, record: changedRecord(row, options) })
    noteShortened(context, options)
    const done = dryRun ? 'would be changed. Nothing was changed.' : 'is changed.'
    context.io.result({ clientId: id, dryRun, reference: ctx.reference }, `${id} ${done}`)
  })
}

/** `client enable`: opens a closed client. */
export async function clientEnable(
  context: CommandContext,
  id: string,
  { dryRun = false }: ChangeOptions,
): Promise<ExitCode> {
  return withChange(context, dryRun, async (deps, ctx) => {
    const { changed } = await enableClient(deps, ctx, { clientId: id as ClientId }).catch(
      whereNotFound(noSuchClient(id)),
    )
    const done = dryRun
      ? 'would be opened. Nothing was changed.'
      : 'is open again. It needs a new secret.'
    const text = changed ? `${id} ${done}` : `${id} was open already. Nothing was changed.`
    context.io.result({ clientId: id, changed, dryRun, reference: ctx.reference }, text)
  })
}

type Changeable = Omit<ClientRecord, 'subjectNamespace'>

function changedRecord(row: Row, options: ClientRecordOptions): Changeable {
  const jwks = options.jwks === undefined ? (row.jwks ?? undefined) : readKeySet(options.jwks)
  return {
    name: options.name ?? row.name,
    firstParty: options.firstParty ?? row.firstParty,
    directSignIn: options.directSignIn ?? row.directSignIn,
    confirming: options.confirming ?? row.confirming,
    signingAlgorithm: options.algorithm ?? (row.signingAlgorithm as SigningAlgorithm),
    scopes: options.scope ?? row.scopes,
    allowedOrigins: options.origin ?? row.allowedOrigins,
    permissions: options.permission ?? row.permissions,
    resources: options.resource ?? row.resources,
    audiences: options.audience ?? row.audiences,
    claims: options.claim ?? row.claims,
    accessTokenLifetimeSeconds:
      options.accessTokenLifetime ?? row.accessTokenLifetimeSeconds ?? undefined,
    grantTypes: options.grantType ?? (row.grantTypes as GrantType[]),
    redirectUris: options.redirectUri ?? row.redirectUris,
    postLogoutRedirectUris: options.postLogoutRedirectUri ?? row.postLogoutRedirectUris,
    backchannelLogoutUri: options.backchannelLogoutUri ?? row.backchannelLogoutUri ?? undefined,
    responseModes: options.responseMode ?? (row.responseModes as ResponseMode[]),
    pkceRequired: options.pkce ?? row.pkceRequired,
    jwks: options.jwksUri === undefined ? jwks : undefined,
    jwksUri: options.jwksUri ?? row.jwksUri ?? undefined,
    clientUri: shownAddress(options.clientUri, row.clientUri),
    logoUri: shownAddress(options.logoUri, row.logoUri),
    policyUri: shownAddress(options.policyUri, row.policyUri),
    tosUri: shownAddress(options.tosUri, row.tosUri),
  }
}

/** An empty text takes an address away. */
function shownAddress(given: string | undefined, stored: string | null): string | undefined {
  return (given ?? stored) || undefined
}
