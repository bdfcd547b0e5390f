/**
 * Opens an account for a guest, and signs it in. Off unless the configuration switches it on.
 *
 * 1. Refuse what comes too often from one network.
 * 2. One transaction makes the user, its session and a grant in it, and records both.
 *
 * Nobody has proved anything, so the session says no method and level 0. The account ends with its session: there is no other
 * way in, and what nobody can come back to is deleted.
 *
 * Errors: NOT_ENABLED, INVALID_ARGUMENT, RATE_LIMITED, UNAVAILABLE.
 * Specs: OIDC Core §2 (acr "0").
 */

import { ErrorReason } from '@signet/contract'
import { ownClientId } from '../clients/own-client.ts'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { recordEvent } from '../events/record-event.ts'
import { issueGrant } from '../grants/issue-grant.ts'
import { newId, type UserId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import { type Device, deviceViolations } from '../sessions/device.ts'
import { startSession } from '../sessions/start-session.ts'
import { type SignedIn, tokensOf } from '../sign-in/sign-in.ts'
import { admitFromNetwork } from '../throttling/mail-requests.ts'
import { apiAudience } from '../tokens/access-token.ts'
import { insertGuest } from './guests.sql.ts'

export interface NewGuest {
  locale: string
  device: Device | undefined
}

/** Opens the account, and answers its tokens. */
export async function openGuest(
  deps: Pick<Deps, 'config' | 'db' | 'masterSecret' | 'signingKeys'>,
  ctx: RequestContext,
  { locale, device }: NewGuest,
): Promise<SignedIn> {
  if (!deps.config.guestAccounts) throw new SignetError(ErrorReason.NOT_ENABLED)
  const violations = deviceViolations(device)
  if (violations.length > 0) throw new SignetError(ErrorReason.INVALID_ARGUMENT, { violations })
  const userId = newId<UserId>(ctx.now)
  const audience = [apiAudience(deps.config.issuer)]
  const started = await deps.db.transaction(async (tx) => {
    const inTransaction = { ...deps, db: tx }
    await admitFromNetwork(inTransaction, { ipAddress: ctx.ipAddress, purpose: 'guest' })
    const { position: rev } = await insertGuest(tx, { id: userId, locale, now: ctx.now })
    await recordEvent(inTransaction, ctx, {
      kind: 'guest.opened',
      outcome: 'success',
      actorId: userId,
      subjectId: userId,
      clientId: ownClientId,
    })
    const of = { userId, clientId: ownClientId, device, amr: [], acr: '0', rev } as const
    const session = await startSession(inTransaction, ctx, { ...of, amr: [] })
    const { id: sessionId, scopes } = session ?? refusedNow()
    const grant = await issueGrant(inTransaction, ctx, { userId, sessionId, scopes, audience })
    if (session === undefined || grant === undefined) return refusedNow()
    return { kind: 'grant', session, grant, deviceSecret: '' } as const
  })
  return tokensOf(deps, ctx, started)
}

/** Everything was ended at this very moment, or the client is disabled. */
function refusedNow(): never {
  throw new SignetError(ErrorReason.UNAVAILABLE, { retryAfterSeconds: 1 })
}
