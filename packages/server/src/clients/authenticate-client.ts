/**
 * Authenticates a client by its id and secret.
 *
 * 1. Both look like ours; anything else is refused without a look at the database.
 * 2. Credentials that were found good within the last seconds are good (see `KnownClients`), unless the revocation log has
 *    ended the client, or everything, since.
 * 3. Else one statement judges: the client can keep a secret and is active; the secret is one of its own, found by SHA-256,
 *    neither replaced nor expired; and its `rev` is at least every cut above it.
 * 4. Its use is noted, once an hour.
 *
 * Every refusal is the same one, and an unknown client takes the same statements as a wrong secret. The event of a failure
 * names the client where there is such a one, and the log says what was wrong. Failures are limited (see `countClientFailure`).
 *
 * Errors: UNAUTHENTICATED, RATE_LIMITED, UNAVAILABLE.
 * Specs: RFC 6749 §2.3.1 and §10.10, RFC 9700 §2.5.
 */

import { ErrorReason } from '@signet/contract'
import type { ClientCredentials } from '../authorization-header.ts'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { recordEvent } from '../events/record-event.ts'
import type { ClientId } from '../ids.ts'
import type { ClientCaller, RequestContext } from '../request-context.ts'
import { checkClientSource, countClientFailure } from '../throttling/client-failures.ts'
import { isClientId } from './client-id.ts'
import { hashClientSecret, isClientSecret } from './client-secret.ts'
import { tokensOf } from './client-tokens.ts'
import { judgeClientSecret, noteSecretUse } from './clients.sql.ts'

type AuthenticateDeps = Pick<Deps, 'db' | 'knownClients' | 'masterSecret' | 'revocations'>

/** The client that these credentials prove. */
export async function authenticateClient(
  deps: AuthenticateDeps,
  ctx: RequestContext,
  credentials: ClientCredentials,
): Promise<ClientCaller> {
  const known = deps.knownClients.find(credentials)
  if (known !== undefined && !deps.revocations.endsClient(known.clientId, known.rev)) return known
  return judge(deps, ctx, credentials)
}

async function judge(
  deps: AuthenticateDeps,
  ctx: RequestContext,
  credentials: ClientCredentials,
): Promise<ClientCaller> {
  const { clientId, clientSecret } = credentials
  if (!isClientId(clientId) || !isClientSecret(clientSecret)) {
    return refuseClient(deps, ctx, { asked: clientId, detail: 'no id and secret of ours' })
  }
  const secretHash = hashClientSecret(clientSecret)
  const judged = await judgeClientSecret(deps.db, { clientId, secretHash })
  if (judged === undefined)
    return refuseClient(deps, ctx, { asked: clientId, detail: 'there is no such client' })
  const { verdict, secretId, rev, remainingSeconds } = judged
  if (verdict !== 'good' || secretId === null || rev === null) {
    const known = clientId as ClientId
    return refuseClient(deps, ctx, { asked: clientId, clientId: known, detail: verdict })
  }
  if (judged.useUnnoted) await checkClientSource(deps, ctx, clientId)
  const caller: ClientCaller = {
    kind: 'client',
    clientId: clientId as ClientId,
    secretId,
    rev: Number(rev),
    permissions: new Set(judged.permissions),
    subjectNamespace: judged.subjectNamespace ?? undefined,
    resources: new Set([clientId, ...judged.resources]),
    tokens: tokensOf(judged),
  }
  deps.knownClients.add(credentials, caller, remainingSeconds ?? Number.POSITIVE_INFINITY)
  if (judged.useUnnoted) await noteSecretUse(deps.db, { id: secretId })
  return caller
}

interface ClientRefusal {
  /** The id that was said. */
  asked: string
  /** Where there is such a client. */
  clientId?: ClientId
  detail: string
}

/** The one refusal, counted and recorded. */
export async function refuseClient(
  deps: Pick<Deps, 'db' | 'masterSecret'>,
  ctx: RequestContext,
  { asked, clientId, detail }: ClientRefusal,
): Promise<never> {
  await countClientFailure(deps, ctx, asked)
  await recordEvent(deps, ctx, {
    kind: 'client.authentication_failed',
    outcome: 'failure',
    clientId,
    details: { cause: detail },
  })
  throw new SignetError(ErrorReason.UNAUTHENTICATED, {
    challenge: 'basic',
    detail: `client refused: ${detail}`,
  })
}
