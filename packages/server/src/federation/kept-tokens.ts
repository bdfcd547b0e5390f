/**
 * Tokens of providers, for clients that call an API of the provider for a person. Kept only where the provider is configured so.
 *
 * - They are wrapped under the master secret, each under a purpose of its own.
 * - A job refreshes those that are about to expire, while the person still comes by that provider. Of several workers one refreshes a
 *   token: providers that rotate take it for theft where two do. One that a provider refuses is not tried again; the next
 *   sign-in brings another. A provider that does not answer is left alone until the next run, and what it has not renewed comes
 *   last then, so that neither it nor a token that it cannot answer for holds up others.
 * - A token is released to who has the permission `identities.tokens`, and each release is recorded.
 *
 * They end with the identity, and open nothing here.
 *
 * Errors: NOT_FOUND, UNAVAILABLE.
 */

import { ErrorReason } from '@signet/contract'
import { Secret } from '../config/secret.ts'
import type { MasterSecret } from '../crypto/master-secret.ts'
import type { Db } from '../db/query.ts'
import type { WrappedValues } from '../db/rewrap.ts'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { recordEvent } from '../events/record-event.ts'
import type { UserId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import type { UpstreamTokens } from './identity-provider.ts'
import { UpstreamRefused } from './upstream.ts'
import {
  claimTokensDue,
  findIdentityId,
  findKeptTokens,
  keepTokens,
  lockWrappedTokens,
  noteRefusedTokens,
  replaceTokens,
  replaceWrappedTokens,
} from './upstream-tokens.sql.ts'

const aheadSeconds = 600
const idleDays = 90
const beforeFirst = '00000000-0000-0000-0000-000000000000'

/** Keeps what a sign-in brought. Without a refresh token in it, the one that is kept stays good. */
export async function keepUpstreamTokens(
  { db, masterSecret }: { db: Db; masterSecret: MasterSecret },
  of: { userId: UserId; provider: string; issuer: string; subject: string },
  tokens: UpstreamTokens,
): Promise<void> {
  const { userId, provider, issuer, subject } = of
  const identity = await findIdentityId(db, { provider, issuer, subject })
  if (identity === undefined) return
  const former = await findKeptTokens(db, { userId, provider })
  const known = former?.identityId === identity.id ? unwrap(masterSecret, former) : undefined
  const refreshToken = tokens.refreshToken ?? known?.refreshToken
  await keepTokens(db, {
    identityId: identity.id,
    ...wrap(masterSecret, identity.id, { ...tokens, refreshToken }),
    scopes: [...tokens.scopes],
    expiresAt: tokens.expiresAt ?? null,
    refreshes: refreshToken !== undefined,
  })
}

/** A token that is good now. */
export async function releaseUpstreamToken(
  deps: Pick<Deps, 'db' | 'masterSecret'>,
  ctx: RequestContext,
  { userId, provider }: { userId: UserId; provider: string },
): Promise<Omit<UpstreamTokens, 'refreshToken'>> {
  const kept = await findKeptTokens(deps.db, { userId, provider })
  const isOver = kept?.expired === true && (kept.refused || !kept.refreshes)
  if (kept === undefined || isOver)
    throw new SignetError(ErrorReason.NOT_FOUND, {
      detail:
        'no token of this person at this provider, or none that is good: let them sign in with it',
    })
  if (kept.expired) throw new SignetError(ErrorReason.UNAVAILABLE, { retryAfterSeconds: 5 })
  await recordEvent(deps, ctx, {
    kind: 'upstream_token.released',
    outcome: 'success',
    subjectId: userId,
    details: { provider },
  })
  const { accessToken } = unwrap(deps.masterSecret, kept)
  return { accessToken, expiresAt: kept.expiresAt ?? undefined, scopes: kept.scopes }
}

type RefreshDeps = Pick<Deps, 'db' | 'identityProviders' | 'log' | 'masterSecret' | 'upstream'>

/** The job: refreshes what is about to expire, one after the other. */
export async function refreshUpstreamTokens(deps: RefreshDeps, signal: AbortSignal): Promise<void> {
  const away = new Set<string>()
  for (const tried of [false, true]) {
    let after = beforeFirst
    while (!signal.aborted) {
      const due = await claimTokensDue(deps.db, {
        ...{ aheadSeconds, idleDays, tried, after },
        except: [...away],
      })
      if (due === undefined) break
      if ((await refreshOne(deps, due)) === 'unreachable') away.add(due.provider)
      after = due.identityId
    }
  }
}

type DueTokens = NonNullable<Awaited<ReturnType<typeof claimTokensDue>>>

/** Answers why the provider has given none; undefined where it has, or was not asked. */
async function refreshOne(
  { db, identityProviders, log, masterSecret, upstream }: RefreshDeps,
  due: DueTokens,
): Promise<UpstreamRefused['kind'] | undefined> {
  const { identityId, claimedUntil } = due
  const { refreshToken } = unwrap(masterSecret, due)
  const provider = await identityProviders.find(due.provider)
  if (provider === undefined || refreshToken === undefined) return undefined
  try {
    const tokens = await upstream.refresh(provider, refreshToken)
    await replaceTokens(db, {
      ...{ identityId, claimedUntil },
      ...wrap(masterSecret, identityId, tokens),
      scopes: [...tokens.scopes],
      expiresAt: tokens.expiresAt ?? null,
    })
    return undefined
  } catch (error) {
    if (!(error instanceof UpstreamRefused)) throw error
    log.warn({ err: error, provider: provider.id }, 'a token of a provider was not refreshed')
    if (error.kind === 'answer' || error.kind === 'denied')
      await noteRefusedTokens(db, { identityId, claimedUntil })
    return error.kind
  }
}

function wrap(
  masterSecret: MasterSecret,
  identityId: string,
  { accessToken, refreshToken }: Pick<UpstreamTokens, 'accessToken' | 'refreshToken'>,
): { wrappedTokens: Buffer; wrappingKeyId: string } {
  const text = JSON.stringify([accessToken.reveal(), refreshToken?.reveal()])
  const { wrapped, keyId } = masterSecret.wrap(purposeOf(identityId), Buffer.from(text))
  return { wrappedTokens: wrapped, wrappingKeyId: keyId }
}

function unwrap(
  masterSecret: MasterSecret,
  {
    identityId,
    wrappedTokens,
    wrappingKeyId,
  }: { identityId: string; wrappedTokens: Buffer; wrappingKeyId: string },
): Pick<UpstreamTokens, 'accessToken' | 'refreshToken'> {
  const text = masterSecret.unwrap(purposeOf(identityId), wrappedTokens, wrappingKeyId).toString()
  const [access, refresh] = JSON.parse(text) as [string, string | null]
  return {
    accessToken: new Secret(access),
    refreshToken: refresh === null ? undefined : new Secret(refresh),
  }
}

/** For taking over what another master secret wrapped. */
export const upstreamTokenValues: WrappedValues = {
  beforeFirst,
  purposeOf,
  lock: lockWrappedTokens,
  replace: replaceWrappedTokens,
}

/** The identity is part of the purpose, so that rows whose tokens were exchanged do not open. */
function purposeOf(identityId: string): string {
  return `tokens of a provider ${identityId}`
}
