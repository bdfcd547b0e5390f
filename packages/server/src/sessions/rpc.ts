/** Answers ListSessions of SessionService: where the caller is signed in. */

import type { MessageInitShape } from '@bufbuild/protobuf'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import type { ListSessionsRequest, ListSessionsResponseSchema } from '@signet/contract'
import type { Deps } from '../deps.ts'
import { type RequestContext, userCaller } from '../request-context.ts'
import { listLiveSessions } from './live-sessions.sql.ts'

/** More than anybody has; what is left out was used the longest ago. */
const sessionsMax = 500

/** The caller's live sessions, the latest used first. */
export async function listSessions(
  deps: Deps,
  ctx: RequestContext,
  _input: ListSessionsRequest,
): Promise<MessageInitShape<typeof ListSessionsResponseSchema>> {
  const { userId, sessionId } = userCaller(ctx)
  const sessions = await listLiveSessions(deps.db, { userId, limit: sessionsMax })
  return {
    sessions: sessions.map((session) => ({
      id: session.id,
      current: session.id === sessionId,
      clientId: session.clientId,
      device: {
        installationId: session.installationId ?? '',
        model: session.deviceModel ?? '',
        os: session.deviceOs ?? '',
        app: session.deviceApp ?? '',
      },
      ipAddress: session.ipAddress ?? '',
      ...(session.country !== null && { country: session.country }),
      userAgent: session.userAgent ?? '',
      createdAt: timestampFromDate(session.createdAt),
      lastActiveAt: timestampFromDate(session.lastActiveAt),
      expiresAt: timestampFromDate(session.expiresAt),
    })),
  }
}
