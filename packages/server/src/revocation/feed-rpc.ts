/** Answers RevocationService on every wire. */

import type { MessageInitShape } from '@bufbuild/protobuf'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import {
  ErrorReason,
  type GetRevocationStatusRequest,
  type GetRevocationStatusResponseSchema,
  type ReportPositionRequest,
  type ReportPositionResponseSchema,
} from '@signet/contract'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import type { RequestContext } from '../request-context.ts'
import { requireStorable, silence, type Verifier, verifiersMax } from './verifier-registry.ts'
import { listVerifiers } from './verifiers.sql.ts'

/** Who watches, as the registry names it: the client that calls, or else the user. */
export function watcherOf({
  caller,
}: Pick<RequestContext, 'caller'>): Pick<Verifier, 'owner' | 'clientId'> {
  if (caller.kind === 'client') return { owner: caller.clientId, clientId: caller.clientId }
  if (caller.kind === 'user') return { owner: caller.userId, clientId: null }
  throw new SignetError(ErrorReason.INTERNAL, { detail: 'a verifier without a caller' })
}

/** Notes what the verifier has applied. */
export async function reportPosition(
  deps: Deps,
  ctx: RequestContext,
  { verifierId, logId, position }: ReportPositionRequest,
): Promise<MessageInitShape<typeof ReportPositionResponseSchema>> {
  requireStorable({ verifierId, logId })
  const { owner } = watcherOf(ctx)
  const isKnown = await deps.verifiers.report({ owner, verifierId }, { logId, position })
  if (!isKnown) throw new SignetError(ErrorReason.NOT_FOUND, { detail: 'no such verifier' })
  return {}
}

/** Where this instance stands, and every verifier. */
export async function getRevocationStatus(
  deps: Deps,
  _ctx: RequestContext,
  _input: GetRevocationStatusRequest,
): Promise<MessageInitShape<typeof GetRevocationStatusResponseSchema>> {
  const rows = await listVerifiers(deps.db, { silence, limit: verifiersMax })
  const { logId, position, ageMs, entries } = deps.revocationFeed.state()
  return {
    logId,
    position,
    ageMs,
    entries: BigInt(entries),
    verifiers: rows.map((row) => ({
      verifierId: row.verifierId,
      name: row.name,
      clientId: row.clientId ?? '',
      connected: row.connected,
      position: row.position,
      seenAt: timestampFromDate(row.seenAt),
      stalenessBudgetSeconds: row.stalenessBudgetSeconds,
    })),
  }
}
