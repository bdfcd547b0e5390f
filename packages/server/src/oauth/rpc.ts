/** Answers ConsentService: what a person has allowed apps to do. */

import type { MessageInitShape } from '@bufbuild/protobuf'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import type {
  ListConsentsRequest,
  ListConsentsResponseSchema,
  WithdrawConsentRequest,
  WithdrawConsentResponseSchema,
} from '@signet/contract'
import type { Deps } from '../deps.ts'
import type { ClientId } from '../ids.ts'
import { type RequestContext, userCaller } from '../request-context.ts'
import { listConsents as listConsentRows } from './consents.sql.ts'
import { withdrawConsent as withdraw } from './consents.ts'

/** More apps than anybody uses; what is left out was allowed the longest ago. */
const consentsMax = 500

/** What the caller has allowed, the latest first. */
export async function listConsents(
  deps: Deps,
  ctx: RequestContext,
  _input: ListConsentsRequest,
): Promise<MessageInitShape<typeof ListConsentsResponseSchema>> {
  const { userId } = userCaller(ctx)
  const consents = await listConsentRows(deps.db, { userId, limit: consentsMax })
  return {
    consents: consents.map(({ clientId, name, clientUri, scopes, createdAt, updatedAt }) => ({
      ...{ clientId, clientName: name, clientUri: clientUri ?? '', scopes },
      createdAt: timestampFromDate(createdAt),
      updatedAt: timestampFromDate(updatedAt),
    })),
  }
}

/** Takes back what the caller has allowed an app. */
export async function withdrawConsent(
  deps: Deps,
  ctx: RequestContext,
  { clientId }: WithdrawConsentRequest,
): Promise<MessageInitShape<typeof WithdrawConsentResponseSchema>> {
  const { userId } = userCaller(ctx)
  await withdraw(deps, ctx, { userId, clientId: clientId as ClientId })
  return {}
}
