/**
 * Authorization codes: what carries an authorization through the browser to the client.
 *
 * Issued by one statement, only where the session that the person was recognised by is still alive. Redeemed by one statement,
 * once (see `redeemAuthorizationCode`). A code that is used again has been seen by somebody else: what it was redeemed for ends.
 *
 * Errors: INVALID_GRANT, UNAVAILABLE.
 * Specs: RFC 6749 §4.1.2 and §10.5, OAuth 2.1 §4.1.2 and §4.1.3, RFC 7636 §4.6, RFC 9700 §4.5 and §4.8.
 */

import { hash, randomBytes } from 'node:crypto'
import { ErrorReason } from '@signet/contract'
import type { SigningAlgorithm } from '../crypto/jws.ts'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { recordEvent } from '../events/record-event.ts'
import { createGrantSecret, type KnownGrant } from '../grants/grant-keys.ts'
import { presenterOf } from '../grants/presenter.ts'
import {
  type ClientId,
  type GrantId,
  newId,
  type SessionId,
  shardKeyOf,
  type UserId,
} from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import { revokeReusedGrant } from '../revocation/revoke-token.ts'
import type { BrowserSession } from '../sessions/browser-session.ts'
import { scopesNeedingProof } from '../users/scopes-needing-proof.ts'
import { insertAuthorizationCode, redeemAuthorizationCode } from './authorization-codes.sql.ts'
import type { AuthorizationRequest, RequestedClaims } from './authorization-request.ts'
import { scopesToAllow } from './consents.ts'

const prefix = 'sa1_'
const secretBytes = 32
const codeForm = /^sa1_[\w-]{46}$/u
const lifetimeSeconds = 60

/** A code for what the user of a session authorizes; undefined where session, client or consent ended meanwhile. */
export async function issueAuthorizationCode(
  { db, config }: Pick<Deps, 'config' | 'db'>,
  { request, session, audience }: Authorized,
): Promise<string | undefined> {
  const code = makeCode(session.userId)
  const { clientId, redirectUri, scopes, nonce = null, codeChallenge, claims = null } = request
  const { sessionId, userId } = session
  const inserted = await insertAuthorizationCode(db, {
    ...{ clientId, redirectUri, scopes, audience, nonce, sessionId, userId, lifetimeSeconds },
    scopesToAllow: scopesToAllow(request),
    scopesNeedingProof: scopesNeedingProof(config),
    codeHash: hash('sha256', code, 'buffer'),
    codeChallenge: codeChallenge === undefined ? null : Buffer.from(codeChallenge, 'base64url'),
    claims: claims === null ? null : { ...claims },
  })
  return inserted === 1 ? code : undefined
}

/** 256 random bits, and after them the shard key of the user, which the grant's id copies (`ids.ts`). */
function makeCode(userId: UserId): string {
  const bytes = Buffer.concat([randomBytes(secretBytes), Buffer.from(shardKeyOf(userId), 'hex')])
  return prefix + bytes.toString('base64url')
}

function grantIdFor(code: string, now: Date): GrantId {
  const bytes = Buffer.from(code.slice(prefix.length), 'base64url')
  return newId<GrantId>(now, bytes.subarray(secretBytes).toString('hex'))
}

interface Authorized {
  request: AuthorizationRequest
  session: Pick<BrowserSession, 'sessionId' | 'userId'>
  audience: readonly string[]
}

/** What a client presents to the token endpoint. */
export interface PresentedCode {
  clientId: ClientId
  code: string
  redirectUri: string | undefined
  codeVerifier: string | undefined
}

/** What was authorized, and the grant that was issued for it. */
export interface RedeemedCode {
  grant: KnownGrant
  sessionId: SessionId | undefined
  scopes: string[]
  audience: string[]
  /** In which the person authorized the client, also where the grant outlives it. */
  authorizedIn: SessionId
  nonce: string | undefined
  requestedClaims: RequestedClaims
  amr: string[]
  acr: string
  authTime: Date
  expiresAt: Date
  roleNames: string[]
  position: bigint
  signingAlgorithm: SigningAlgorithm
  accessTokenLifetimeSeconds: number | undefined
  /** Whether the client may refresh. */
  refreshes: boolean
}

type RedeemDeps = Pick<Deps, 'config' | 'db' | 'masterSecret' | 'revocations'>
type Verdict = NonNullable<Awaited<ReturnType<typeof redeemAuthorizationCode>>>

/** Redeems a code. Throws INVALID_GRANT for whatever is no good code of this client. */
export async function redeemCode(
  deps: RedeemDeps,
  ctx: RequestContext,
  presented: PresentedCode,
): Promise<RedeemedCode> {
  if (!codeForm.test(presented.code)) throw refused('not a code of ours')
  const id = grantIdFor(presented.code, ctx.now)
  const { keys, wrappedSecret, wrappingKeyId } = createGrantSecret(deps.masterSecret, id)
  const { clientId, redirectUri = null, codeVerifier } = presented
  const verdict = await deps.db.transaction(async (tx) => {
    const judged = await redeemAuthorizationCode(tx, {
      ...{ clientId, redirectUri, wrappedSecret, wrappingKeyId, grantId: id },
      codeHash: hash('sha256', presented.code, 'buffer'),
      codeChallenge: codeVerifier === undefined ? null : hash('sha256', codeVerifier, 'buffer'),
      presenter: presenterOf(keys.presenter, ctx),
      offlineLifetimeSeconds: deps.config.offlineGrantLifetimeSeconds,
    })
    if (judged?.verdict === 'good')
      await recordGrant({ ...deps, db: tx }, ctx, { judged, clientId, id })
    return judged
  })
  if (verdict?.verdict === 'reuse' && verdict.formerGrantId !== null) {
    const former = {
      id: verdict.formerGrantId as GrantId,
      userId: verdict.userId as UserId,
      clientId,
    }
    await revokeReusedGrant(deps, ctx, former)
  }
  if (verdict?.verdict !== 'good' || verdict.expiresAt === null)
    throw refused(verdict?.verdict ?? 'there is no such code')
  return redeemed(
    verdict,
    { id, userId: verdict.userId as UserId, clientId, keys },
    verdict.expiresAt,
  )
}

function redeemed(verdict: Verdict, grant: KnownGrant, expiresAt: Date): RedeemedCode {
  const { scopes, audience, amr, acr, authTime, position, refreshes } = verdict
  return {
    ...{ grant, expiresAt, scopes, audience, amr, acr, authTime, position, refreshes },
    authorizedIn: verdict.sessionId as SessionId,
    sessionId: verdict.offline ? undefined : (verdict.sessionId as SessionId),
    nonce: verdict.nonce ?? undefined,
    requestedClaims: (verdict.claims ?? {}) as RequestedClaims,
    roleNames: verdict.roleNames ?? [],
    signingAlgorithm: verdict.signingAlgorithm as SigningAlgorithm,
    accessTokenLifetimeSeconds: verdict.accessTokenLifetimeSeconds ?? undefined,
  }
}

async function recordGrant(
  deps: Parameters<typeof recordEvent>[0],
  ctx: RequestContext,
  { judged, clientId, id }: { judged: Verdict; clientId: ClientId; id: GrantId },
): Promise<void> {
  await recordEvent(deps, ctx, {
    kind: 'grant.issued',
    outcome: 'success',
    actorId: judged.userId as UserId,
    subjectId: judged.userId as UserId,
    clientId,
    details: {
      grantId: id,
      sessionId: judged.sessionId,
      scopes: judged.scopes,
      offline: judged.offline,
    },
  })
}

/** The one refusal; the detail is for the log alone. */
function refused(detail: string): SignetError {
  return new SignetError(ErrorReason.INVALID_GRANT, {
    detail: `authorization code refused: ${detail}`,
  })
}
