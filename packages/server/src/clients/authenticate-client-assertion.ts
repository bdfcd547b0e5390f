/**
 * Authenticates a client by an assertion that it has signed (`private_key_jwt`).
 *
 * 1. The assertion is well formed and for us (see `readClientAssertion`). A client that is named beside it is the same one.
 * 2. One of the client's keys has signed it (see `openClientKeys`).
 * 3. One statement judges the rest: the client is active and proves itself by keys, the times are right by the
 *    database's clock, at most five minutes from now to the end, and the assertion was never used before, on any instance.
 *
 * Every refusal is the one of a wrong secret, and is counted like it.
 *
 * Errors: UNAUTHENTICATED, RATE_LIMITED, UNAVAILABLE.
 * Specs: RFC 7523 §3, RFC 7521 §4.2 and §5.2, OpenID Connect Core 1.0 §9, FAPI 2.0 Security Profile §5.3.2.1.
 */

import { hash } from 'node:crypto'
import type { Deps } from '../deps.ts'
import type { ClientId } from '../ids.ts'
import type { ClientCaller, RequestContext } from '../request-context.ts'
import { refuseClient } from './authenticate-client.ts'
import { isSignedBy, readClientAssertion } from './client-assertion.ts'
import { isClientId } from './client-id.ts'
import { tokensOf } from './client-tokens.ts'
import { findClientKeySet, useClientAssertion } from './clients.sql.ts'

/** What the form says. */
interface PresentedAssertion {
  assertion: string
  /** The client that is named beside it, if one is. */
  clientId: string | undefined
}

/** The client that the assertion proves. */
export async function authenticateClientAssertion(
  deps: Pick<Deps, 'clientKeys' | 'config' | 'db' | 'masterSecret'>,
  ctx: RequestContext,
  { assertion: text, clientId: named }: PresentedAssertion,
): Promise<ClientCaller> {
  const assertion = readClientAssertion(text, deps.config.issuer)
  if ('wrong' in assertion)
    return refuseClient(deps, ctx, { asked: named ?? '', detail: assertion.wrong })
  const { clientId: asked, jti, exp, notBefore } = assertion
  if (!isClientId(asked) || (named !== undefined && named !== asked))
    return refuseClient(deps, ctx, { asked, detail: 'the assertion is of another client' })
  const keySet = await findClientKeySet(deps.db, { id: asked })
  if (keySet === undefined)
    return refuseClient(deps, ctx, { asked, detail: 'there is no such client with keys' })
  const clientId = asked as ClientId
  if (!isSignedBy(assertion, await deps.clientKeys.find(keySet, assertion)))
    return refuseClient(deps, ctx, {
      asked,
      clientId,
      detail: 'no key of the client has signed it',
    })
  const jtiHash = hash('sha256', jti, 'buffer')
  const row = { clientId, jtiHash, exp, notBefore: notBefore ?? null }
  const judged = await useClientAssertion(deps.db, row)
  if (judged === undefined || judged.verdict !== 'good') {
    const detail = judged?.verdict ?? 'the client is gone'
    return refuseClient(deps, ctx, { asked, clientId, detail })
  }
  return {
    kind: 'client',
    clientId,
    secretId: undefined,
    rev: Number(judged.rev),
    permissions: new Set(judged.permissions),
    subjectNamespace: judged.subjectNamespace ?? undefined,
    resources: new Set([clientId, ...judged.resources]),
    tokens: tokensOf(judged),
  }
}
