/** `signet client`: registers the apps and services that use Signet, and looks after their secrets. */

import { readFileSync } from 'node:fs'
import { ownLifetimeOf } from '../clients/access-token-lifetime.ts'
import type { GrantType, ResponseMode } from '../clients/authorization-violations.ts'
import {
  findClient,
  listClients as listClientRows,
  listClientSecrets,
} from '../clients/clients.sql.ts'
import { disableClient } from '../clients/disable-client.ts'
import { type ClientType, type NewClient, registerClient } from '../clients/register-client.ts'
import { rotateClientSecret } from '../clients/rotate-client-secret.ts'
import type { SigningAlgorithm } from '../crypto/jws.ts'
import type { Json } from '../db/query.ts'
import type { ClientId } from '../ids.ts'
import { CommandError, noSuch } from './command-error.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { withDatabase } from './open-database.ts'
import { whereNotFound, withChange } from './operator.ts'
import { table } from './table.ts'
import type { ChangeOptions, CommandContext } from './verb.ts'

export interface ClientCreateOptions extends ChangeOptions, ClientRecordOptions {
  type: ClientType
  subjectNamespace?: string
}

/** What can be said of a client, when it is registered and later. */
export interface ClientRecordOptions {
  name?: string
  firstParty?: boolean
  directSignIn?: boolean
  confirming?: boolean
  algorithm?: SigningAlgorithm
  scope?: string[]
  origin?: string[]
  permission?: string[]
  resource?: string[]
  audience?: string[]
  claim?: string[]
  accessTokenLifetime?: number
  grantType?: GrantType[]
  redirectUri?: string[]
  postLogoutRedirectUri?: string[]
  backchannelLogoutUri?: string
  responseMode?: ResponseMode[]
  /** False, where PKCE is not required. */
  pkce?: boolean
  jwks?: string
  jwksUri?: string
  clientUri?: string
  logoUri?: string
  policyUri?: string
  tosUri?: string
}

export interface SecretOptions extends ChangeOptions {
  expiresInDays?: number
}

const shownOnce = 'It is shown this once; keep it where only the client can read it.'

/** `client create`: a new client, with its first secret where it can keep one. */
export async function clientCreate(
  context: CommandContext,
  id: string,
  options: ClientCreateOptions,
): Promise<ExitCode> {
  const { dryRun = false } = options
  return withChange(context, dryRun, async (deps, ctx) => {
    const client: NewClient = {
      ...authorizationOf(options),
      id,
      name: options.name ?? id,
      type: options.type,
      firstParty: options.firstParty ?? false,
      directSignIn: options.directSignIn ?? false,
      confirming: options.confirming ?? false,
      subjectNamespace: options.subjectNamespace,
      signingAlgorithm: options.algorithm ?? 'ES256',
      scopes: options.scope ?? [],
      allowedOrigins: options.origin ?? [],
      permissions: options.permission ?? [],
      resources: options.resource ?? [],
      audiences: options.audience ?? [],
      claims: options.claim ?? [],
      accessTokenLifetimeSeconds: options.accessTokenLifetime,
    }
    const { secret } = await registerClient(deps, ctx, client)
    noteShortened(context, options)
    const kept = dryRun ? undefined : secret
    const text = dryRun
      ? `${id} would be registered. Nothing was changed.`
      : [`${id} is registered.`, ...secretLines(kept)].join('\n')
    const { reference } = ctx
    context.io.result({ clientId: id, secret: kept ?? null, dryRun, reference }, text)
  })
}

/** Says where a lifetime was asked for that this installation does not allow. */
export function noteShortened(
  { config, io }: CommandContext,
  { accessTokenLifetime: asked }: ClientRecordOptions,
): void {
  const given = ownLifetimeOf(config, { accessTokenLifetimeSeconds: asked })
  if (asked !== undefined && given !== asked)
    io.note(
      `Its access tokens live for ${given} s: SIGNET_ACCESS_TOKEN_LIFETIME_SECONDS allows no more.`,
    )
}

/** A record with the lifetime that its access tokens have, which an installation may have shortened since. */
function inForce<T extends { accessTokenLifetimeSeconds: number | null }>(
  { config }: CommandContext,
  client: T,
): T {
  return { ...client, accessTokenLifetimeSeconds: ownLifetimeOf(config, client) }
}

function authorizationOf(options: ClientCreateOptions) {
  return {
    grantTypes: options.grantType ?? usualGrantTypes(options),
    redirectUris: options.redirectUri ?? [],
    postLogoutRedirectUris: options.postLogoutRedirectUri ?? [],
    backchannelLogoutUri: options.backchannelLogoutUri,
    responseModes: options.responseMode ?? (['query', 'form_post'] as const),
    pkceRequired: options.pkce ?? true,
    jwks: options.jwks === undefined ? undefined : readKeySet(options.jwks),
    jwksUri: options.jwksUri,
    clientUri: options.clientUri,
    logoUri: options.logoUri,
    policyUri: options.policyUri,
    tosUri: options.tosUri,
  }
}

/** What a client of this kind is for: people sign in to it where it has an address to return to, a service acts for itself. */
function usualGrantTypes({ type, redirectUri = [] }: ClientCreateOptions): GrantType[] {
  if (redirectUri.length > 0) return ['authorization_code', 'refresh_token']
  return type === 'public' ? [] : ['client_credentials']
}

/** The JWK set in a file. */
export function readKeySet(path: string): Json {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Json
  } catch (cause) {
    const fix = 'It is a file with a JWK set: {"keys":[…]}, public keys alone.'
    throw new CommandError(`${path} cannot be read as JSON.`, {
      code: 'INVALID_ARGUMENT',
      fix,
      cause,
    })
  }
}

/** `client list`: clients by id. */
export async function clientList(
  context: CommandContext,
  { limit, after }: { limit: number; after?: string },
): Promise<ExitCode> {
  const { io } = context
  // One more than wanted tells whether there is another page.
  const page = { limit: limit + 1, after: after ?? null }
  const found = await withDatabase(context, ({ db }) => listClientRows(db, page))
  const clients = found.slice(0, limit).map((client) => inForce(context, client))
  const next = found.length > limit ? clients.at(-1)?.id : undefined
  const rows = clients.map((client) => [
    client.id,
    client.status,
    client.type,
    client.name,
    client.scopes.join(' '),
    client.permissions.join(' '),
    client.createdAt.toISOString().slice(0, 10),
  ])
  const [head = '', ...lines] = table(
    ['id', 'status', 'type', 'name', 'scopes', 'permissions', 'since'],
    rows,
  )
  io.result({ clients, next: next ?? null }, [io.heading(head), ...lines].join('\n'))
  if (next !== undefined) io.note(`There are more. The next page: --after ${next}`)
  return exitCodes.ok
}

/** `client get`: one client and what is known of its secrets. */
export async function clientGet(context: CommandContext, id: string): Promise<ExitCode> {
  return withDatabase(context, async ({ db }) => {
    const found = await findClient(db, { id })
    if (found === undefined) throw noSuchClient(id)
    const client = inForce(context, found)
    const secrets = await listClientSecrets(db, { clientId: id })
    const flags = [
      client.firstParty ? 'first party' : '',
      client.directSignIn ? 'takes passwords' : '',
      client.confirming ? 'confirms refreshes' : '',
    ].filter((flag) => flag !== '')
    const lines = [
      `${client.id}  ${client.status}`,
      `  Name       ${client.name}`,
      `  Type       ${[client.type, ...flags].join(', ')}`,
      `  Signed by  ${client.signingAlgorithm}`,
      `  Scopes     ${client.scopes.join(' ') || '(none)'}`,
      `  Origins    ${client.allowedOrigins.join(' ') || '(none)'}`,
      `  May        ${client.permissions.join(' ') || '(nothing for itself)'}`,
      ...where('Resources', client.resources),
      ...where('Namespace', [client.subjectNamespace ?? '']),
      ...where('Audiences', client.audiences),
      ...where('Claims', client.claims),
      ...where('Lifetime', [lifetimeText(client.accessTokenLifetimeSeconds)]),
      ...where('Grants', client.grantTypes),
      ...where('Returns to', client.redirectUris),
      ...where('Signed out', client.postLogoutRedirectUris),
      ...where('Told at', [client.backchannelLogoutUri ?? '']),
      ...where('PKCE', [client.pkceRequired ? '' : 'not required (weaker: nonce protects)']),
      ...where('Keys at', [client.jwksUri ?? (client.jwks === null ? '' : 'in its record')]),
      ...where('Home', [client.clientUri ?? '']),
      ...where('Logo', logoText(client)),
      ...where('Privacy', [client.policyUri ?? '']),
      ...where('Terms', [client.tosUri ?? '']),
      ...secrets.map(
        ({ prefix, createdAt, expiresAt, lastUsedAt }) =>
          `  Secret     ${prefix}…  since ${createdAt.toISOString()}${expiresAt === null ? '' : `, until ${expiresAt.toISOString()}`}, ${lastUsedAt === null ? 'never used' : `last used about ${lastUsedAt.toISOString()}`}`,
      ),
    ]
    context.io.result({ ...client, secrets }, lines.join('\n'))
    return exitCodes.ok
  })
}

/** `client rotate`: another secret; the former one goes on. */
export async function clientRotate(
  context: CommandContext,
  id: string,
  { dryRun = false, expiresInDays: lifetimeDays }: SecretOptions,
): Promise<ExitCode> {
  return withChange(context, dryRun, async (deps, ctx) => {
    const clientId = id as ClientId
    const secret = await rotateClientSecret(deps, ctx, { clientId, lifetimeDays }).catch(
      whereNotFound(noSuchClient(id)),
    )
    const kept = dryRun ? undefined : secret
    const text = dryRun
      ? `${id} would get another secret. Nothing was changed.`
      : [
          ...secretLines(kept),
          'The secret before it goes on until the next rotation; older ones have ended.',
        ].join('\n')
    const { reference } = ctx
    context.io.result({ clientId: id, secret: kept ?? null, dryRun, reference }, text)
  })
}

/** `client disable`: ends everything that the client holds. */
export async function clientDisable(
  context: CommandContext,
  id: string,
  { dryRun = false }: ChangeOptions,
): Promise<ExitCode> {
  return withChange(context, dryRun, async (deps, ctx) => {
    const disabling = disableClient(deps, ctx, { clientId: id as ClientId })
    const { changed } = await disabling.catch(whereNotFound(noSuchClient(id)))
    const done = dryRun ? 'would be disabled. Nothing was changed.' : 'is disabled.'
    const text = changed ? `${id} ${done}` : `${id} was disabled already. Nothing was changed.`
    context.io.result({ clientId: id, changed, dryRun, reference: ctx.reference }, text)
  })
}

export interface ClientEnvOptions extends SecretOptions {
  newSecret?: boolean
}

/** `client env`: the settings of the client, as a file that its app can read. */
export async function clientEnv(
  context: CommandContext,
  id: string,
  { dryRun = false, newSecret = false, expiresInDays: lifetimeDays }: ClientEnvOptions,
): Promise<ExitCode> {
  const { issuer } = context.config
  return withChange(context, dryRun, async (deps, ctx) => {
    const clientId = id as ClientId
    const client = await findClient(deps.db, { id })
    if (client === undefined) throw noSuchClient(id)
    const secret = newSecret
      ? await rotateClientSecret(deps, ctx, { clientId, lifetimeDays }).catch(
          whereNotFound(noSuchClient(id)),
        )
      : undefined
    const environment = {
      SIGNET_ISSUER: issuer,
      SIGNET_JWKS_URI: `${issuer}/.well-known/jwks.json`,
      SIGNET_CLIENT_ID: id,
      ...(client.redirectUris[0] !== undefined && { SIGNET_REDIRECT_URI: client.redirectUris[0] }),
      ...(secret !== undefined && !dryRun && { SIGNET_CLIENT_SECRET: secret }),
      ...(client.scopes.length > 0 && { SIGNET_SCOPES: client.scopes.join(' ') }),
    }
    const lines = Object.entries(environment).map(([name, value]) => `${name}=${quoted(value)}`)
    if (client.type !== 'public' && !newSecret) {
      context.io.note(
        'The secret is not known any more: it was shown once. --new-secret makes another.',
      )
    }
    context.io.result(environment, lines.join('\n'))
  })
}

/** A line for what there is; none for nothing. */
function where(label: string, values: readonly string[]): string[] {
  const text = values.join(' ')
  return text === '' ? [] : [`  ${label.padEnd(11)}${text}`]
}

/** Where the picture of a client is, and how it fares. */
function logoText({
  logoUri,
  logoFetchedAt,
  logoProblem,
}: NonNullable<Awaited<ReturnType<typeof findClient>>>): string[] {
  if (logoUri === null) return []
  const since = logoFetchedAt === null ? 'none yet' : `fetched ${logoFetchedAt.toISOString()}`
  const failure = logoProblem === null ? '' : `; the last attempt failed: ${logoProblem}`
  return [logoUri, `(${since}${failure})`]
}

function lifetimeText(seconds: number | null): string {
  return seconds === null ? '' : `${seconds} s for an access token`
}

function secretLines(secret: string | undefined): string[] {
  return secret === undefined ? [] : [`Secret  ${secret}`, shownOnce]
}

/** As env files read it: text with a space or a sign stands in quotation marks. */
function quoted(value: string): string {
  return /^[\w:/.+-]*$/u.test(value) ? value : `'${value}'`
}

/** There is none of this id. */
export function noSuchClient(id: string): CommandError {
  return noSuch('client', id, 'signet client list shows which there are.')
}
