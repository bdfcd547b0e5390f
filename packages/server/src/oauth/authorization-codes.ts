/**
 * Authorization codes: what carries an authorization through the browser to the client.
 *
 * Issued by one statement, only where the session that the person was recognised by is still alive. Decided
 * on and used by one statement, once (see `redeemAuthorizationCode`); its grant is issued in the same transaction. A code that is used again has been seen by somebody else: what it was redeemed for ends.
 *
 * Errors: INVALID_GRANT, UNAVAILABLE.
 * Specs: RFC 6749 §4.1.2 and §10.5, OAuth 2.1 §4.1.2 and §4.1.3, RFC 7636 §4.6, RFC 9700 §4.5 and §4.8.
 */

import { hash, randomBytes } from 'node:crypto'
import { ErrorReason } from '@signet/contract'
import type { SigningAlgorithm } from '../crypto/jws.ts'
import type { Db, Json } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { recordEvent } from '../events/record-event.ts'
import type { KnownGrant } from '../grants/grant-keys.ts'
import { issueAuthorizedGrant } from '../grants/issue-grant.ts'
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
import {
  insertAuthorizationCode,
  noteGrantOfCode,
  redeemAuthorizationCode,
} from './authorization-codes.sql.ts'
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
  const outcome = await deps.db.transaction((tx) => redeemOnce({ ...deps, db: tx }, ctx, presented))
  if ('grant' in outcome) return outcome
  if (outcome.verdict === 'reuse' && outcome.former !== undefined)
    await revokeReusedGrant(deps, ctx, outcome.former)
  throw refused(outcome.verdict)
}

type Outcome = RedeemedCode | { verdict: string; former: Redemption | undefined }
type Redemption = Pick<KnownGrant, 'id' | 'userId' | 'clientId'>

/** Decides, and where the code is good issues its grant, in one transaction. */
async function redeemOnce(
  deps: Pick<Deps, 'config' | 'masterSecret'> & { db: Db },
  ctx: RequestContext,
  presented: PresentedCode,
): Promise<Outcome> {
  const { clientId, code, redirectUri = null, codeVerifier } = presented
  const codeHash = hash('sha256', code, 'buffer')
  const judged = await redeemAuthorizationCode(deps.db, {
    ...{ clientId, redirectUri, codeHash },
    codeChallenge: codeVerifier === undefined ? null : hash('sha256', codeVerifier, 'buffer'),
  })
  if (judged === undefined) return { verdict: 'there is no such code', former: undefined }
  const userId = judged.userId as UserId
  if (judged.verdict !== 'good') {
    const id = judged.formerGrantId as GrantId | null
    return { verdict: judged.verdict, former: id === null ? undefined : { id, userId, clientId } }
  }
  const id = grantIdFor(code, ctx.now)
  const redeemed = redeemedOf(judged)
  const { keys, expiresAt } = await issueAuthorizedGrant(deps, ctx, {
    ...{ ...redeemed, id, userId, clientId, rev: judged.rev },
    userinfoClaims: redeemed.requestedClaims.userinfo as Json | undefined,
  })
  await noteGrantOfCode(deps.db, { codeHash, grantId: id })
  await recordGrant(deps, ctx, { judged, clientId, id })
  return {
    ...{ ...redeemed, grant: { id, userId, clientId, keys } },
    expiresAt: judged.offline ? expiresAt : judged.sessionExpiresAt,
  }
}

function redeemedOf(judged: Verdict): Omit<RedeemedCode, 'grant' | 'expiresAt'> {
  const { scopes, audience, amr, acr, authTime, position, refreshes } = judged
  return {
    ...{ scopes, audience, amr, acr, authTime, position, refreshes },
    authorizedIn: judged.sessionId as SessionId,
    sessionId: judged.offline ? undefined : (judged.sessionId as SessionId),
    nonce: judged.nonce ?? undefined,
    requestedClaims: (judged.claims ?? {}) as RequestedClaims,
    roleNames: judged.roleNames ?? [],
    signingAlgorithm: judged.signingAlgorithm as SigningAlgorithm,
    accessTokenLifetimeSeconds: judged.accessTokenLifetimeSeconds ?? undefined,
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
