/**
 * Mints tokens for somebody whom a service has authenticated by its own means.
 *
 * 1. Only a client that proved who it is, and that may mint. One statement reads its record once more, finds the secret
 *    still good, and takes the position of the log on which everything below rests.
 * 2. What is asked for is within the record: a subject of its own namespace, its scopes, its claims, its lifetime; and the
 *    tokens are for its audiences, never for Signet's own API. Everything that is not is said at once.
 * 3. In the same transaction: the user behind the subject, made the first time; a session, with `amr` "ext", because Signet
 *    saw no proof; and a grant, which keeps the claims for tokens that are refreshed.
 * 4. Issue the access token, and the refresh token where one is wanted.
 *
 * Errors: PERMISSION_DENIED, INVALID_ARGUMENT, ACCOUNT_SUSPENDED, UNAUTHENTICATED (the secret ended meanwhile), UNAVAILABLE.
 * Specs: RFC 9068 §2.2, RFC 8176 §2 (no registered value says "somebody else's word"; "ext" is ours), OIDC Core §2 (`acr` "0").
 */

import type { JsonObject } from '@bufbuild/protobuf'
import { ErrorReason } from '@signet/contract'
import { lifetimeOf } from '../clients/access-token-lifetime.ts'
import { mintPermission } from '../clients/permissions.ts'
import type { SigningAlgorithm } from '../crypto/jws.ts'
import type { Db } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { recordEvent } from '../events/record-event.ts'
import { firstGeneration, issueGrant } from '../grants/issue-grant.ts'
import type { UserId } from '../ids.ts'
import { type ClientCaller, clientCaller, type RequestContext } from '../request-context.ts'
import { type StartedSession, startSession } from '../sessions/start-session.ts'
import { ensureExternalUser } from '../users/external-subject.ts'
import { type IssuedTokens, issueTokens } from './issue-tokens.ts'
import { findMintingClient } from './mint-tokens.sql.ts'
import { mintViolations } from './mint-violations.ts'

export interface Mint {
  /** In the words of the provider. */
  sub: string
  provider: string
  email: string | undefined
  /** Undefined: all that the client has. */
  scopes: readonly string[] | undefined
  claims: JsonObject
  /** Undefined: as long as the client may. */
  lifetimeSeconds: number | undefined
  withRefreshToken: boolean
}

export type MintingClient = NonNullable<Awaited<ReturnType<typeof findMintingClient>>>

type MintDeps = Pick<Deps, 'config' | 'db' | 'masterSecret' | 'signingKeys'>

/** The tokens, and whose they are. */
export async function mintTokens(
  deps: MintDeps,
  ctx: RequestContext,
  mint: Mint,
): Promise<IssuedTokens & { userId: UserId }> {
  const caller = clientCaller(ctx)
  const minted = await deps.db.transaction(async (tx) => {
    const client = await requireMintingClient(tx, caller, mint)
    const violations = mintViolations(deps.config, client, mint)
    if (violations.length > 0) throw new SignetError(ErrorReason.INVALID_ARGUMENT, { violations })
    return openMintedGrant({ ...deps, db: tx }, ctx, { caller, client, mint })
  })
  return { ...issueTokens(deps, minted, ctx.now), userId: minted.grant.userId }
}

async function requireMintingClient(
  tx: Db,
  { clientId, secretId }: ClientCaller,
  { provider }: Mint,
): Promise<MintingClient & { subjectNamespace: string }> {
  // Only the Authorization header says who mints, so it is a secret.
  if (secretId === undefined) throw ended()
  const client = await findMintingClient(tx, { clientId, secretId, provider })
  if (client === undefined) throw ended()
  const { permissions, subjectNamespace } = client
  if (!permissions.includes(mintPermission) || subjectNamespace === null) {
    const detail = `lacks ${mintPermission} or a namespace`
    throw new SignetError(ErrorReason.PERMISSION_DENIED, { challenge: 'basic', detail })
  }
  return { ...client, subjectNamespace }
}

interface Minting {
  caller: ClientCaller
  client: MintingClient & { subjectNamespace: string }
  mint: Mint
}

/** The living grant, as `issueTokens` takes it. */
async function openMintedGrant(
  deps: Omit<MintDeps, 'db'> & { db: Db },
  ctx: RequestContext,
  { caller, client, mint }: Minting,
): Promise<Parameters<typeof issueTokens>[1]> {
  const { clientId } = caller
  const userId = await userOf(deps, ctx, { caller, client, mint })
  const lifetimeSeconds = mint.lifetimeSeconds ?? lifetimeOf(deps.config, client)
  const session = await startSession(deps, ctx, {
    userId,
    clientId,
    device: undefined,
    amr: ['ext'],
    acr: '0',
    rev: client.position,
    ...(!mint.withRefreshToken && { lifetimeSeconds }),
  })
  if (session === undefined) throw ended()
  const scopes = [...new Set(mint.scopes ?? client.scopes)]
  const audience = client.audiences
  const claims = { provider: mint.provider, ...mint.claims }
  const { id: sessionId } = session
  const grant = await issueGrant(deps, ctx, { userId, sessionId, scopes, audience, claims })
  if (grant === undefined) throw ended()
  return {
    ...granted(session),
    grant: { ...grant, userId, clientId },
    generation: firstGeneration,
    scopes,
    audience,
    claims,
    accessTokenLifetimeSeconds: lifetimeSeconds,
    signingAlgorithm: client.signingAlgorithm as SigningAlgorithm,
  }
}

function granted(session: StartedSession) {
  const { id: sessionId, amr, acr, authTime, expiresAt, roleNames, position } = session
  return { sessionId, amr, acr, authTime, expiresAt, roleNames, position }
}

async function userOf(
  deps: { db: Db; masterSecret: Deps['masterSecret'] },
  ctx: RequestContext,
  { caller, client, mint }: Minting,
): Promise<UserId> {
  const { provider, sub: subject, email } = mint
  const key = { namespace: client.subjectNamespace, provider, subject }
  const { userId, status, isNew } = await ensureExternalUser(deps.db, { ...key, email }, ctx.now)
  if (status !== 'active') throw new SignetError(ErrorReason.ACCOUNT_SUSPENDED)
  if (isNew) {
    await recordEvent(deps, ctx, {
      kind: 'external_user.created',
      outcome: 'success',
      subjectId: userId,
      clientId: caller.clientId,
      details: { namespace: client.subjectNamespace, provider },
    })
  }
  return userId
}

/** The client, its secret, or everything, ended while this was at work. */
function ended(): SignetError {
  const detail = 'the client or its secret has ended meanwhile'
  return new SignetError(ErrorReason.UNAUTHENTICATED, { challenge: 'basic', detail })
}
