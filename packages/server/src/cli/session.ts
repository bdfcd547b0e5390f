/** `signet session`: where people are signed in, and ending it. */

import { create, toJson } from '@bufbuild/protobuf'
import { RevocationReceiptSchema } from '@signet/contract'
import { printable } from '../config/shown-value.ts'
import type { SessionId, UserId } from '../ids.ts'
import { openReceipts } from '../revocation/receipts.ts'
import { openSessionEnds } from '../revocation/session-ends.ts'
import { findSessionUser, listLiveSessions } from '../sessions/live-sessions.sql.ts'
import { noSuch } from './command-error.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { withDatabase } from './open-database.ts'
import { changeDeps, operatorContext } from './operator.ts'
import { receiptLines } from './receipt-text.ts'
import { table } from './table.ts'
import { resolveUser } from './user.ts'
import type { CommandContext } from './verb.ts'

const sessionsMax = 1000
const waitMsDefault = 10_000
const jsonOptions = { alwaysEmitImplicit: true }

/** `session list`: the live sessions of one user. */
export async function sessionList(context: CommandContext, user: string): Promise<ExitCode> {
  const { io } = context
  const sessions = await withDatabase(context, async ({ db }) => {
    const userId = await resolveUser(db, user)
    return listLiveSessions(db, { userId, limit: sessionsMax })
  })
  const rows = sessions.map((session) => [
    session.id,
    session.clientId,
    printable(
      [session.deviceModel, session.deviceOs, session.deviceApp].filter(Boolean).join(', '),
    ),
    session.ipAddress ?? '',
    minutes(session.createdAt),
    minutes(session.lastActiveAt),
    minutes(session.expiresAt),
  ])
  const [head = '', ...lines] = table(
    ['id', 'client', 'device', 'address', 'since', 'last used', 'until'],
    rows,
  )
  const text =
    sessions.length === 0 ? `${user} is not signed in.` : [io.heading(head), ...lines].join('\n')
  io.result({ sessions }, text)
  return exitCodes.ok
}

/** `session revoke`: ends one session, whosever it is, and says on request who refuses its tokens already. */
export async function sessionRevoke(
  context: CommandContext,
  id: string,
  { wait = 0 }: { wait?: number | true | undefined } = {},
): Promise<ExitCode> {
  const { io } = context
  return withDatabase(context, async ({ db }) => {
    const found = await findSessionUser(db, { id })
    if (found === undefined) {
      throw noSuch('session', id, 'signet session list shows the sessions of a user.')
    }
    const ctx = operatorContext()
    const position = await openSessionEnds(changeDeps(context, db, { dryRun: false })).end(ctx, {
      sessionId: id as SessionId,
      userId: found.userId as UserId,
      reason: 'revoked_by_operator',
      awaited: wait !== 0,
    })
    const changed = position > 0n
    const text = changed ? `Session ${id} has ended.` : `Session ${id} had ended before.`
    const waitMs = wait === true ? waitMsDefault : wait * 1000
    const receipt =
      changed && waitMs > 0
        ? create(RevocationReceiptSchema, await openReceipts(db).wait(position, waitMs, ctx.signal))
        : undefined
    io.result(
      {
        sessionId: id,
        changed,
        reference: ctx.reference,
        ...(receipt && { receipt: toJson(RevocationReceiptSchema, receipt, jsonOptions) }),
      },
      [text, ...(receipt === undefined ? [] : receiptLines(receipt))].join('\n'),
    )
    return exitCodes.ok
  })
}

function minutes(at: Date): string {
  return at.toISOString().slice(0, 16).replace('T', ' ')
}
