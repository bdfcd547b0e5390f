/** `signet session`: where people are signed in, and ending it. */

import { printable } from '../config/shown-value.ts'
import type { SessionId, UserId } from '../ids.ts'
import { openSessionEnds } from '../revocation/session-ends.ts'
import { findSessionUser, listLiveSessions } from '../sessions/live-sessions.sql.ts'
import { CommandError } from './command-error.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { withDatabase } from './open-database.ts'
import { announcerOf, openOperatorSecret, operatorContext } from './operator.ts'
import type { CommandContext } from './program.ts'
import { table } from './table.ts'
import { resolveUser } from './user.ts'

const sessionsMax = 1000

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

/** `session revoke`: ends one session, whosever it is. */
export async function sessionRevoke(context: CommandContext, id: string): Promise<ExitCode> {
  const { config, io } = context
  return withDatabase(context, async ({ db }) => {
    const found = await findSessionUser(db, { id })
    if (found === undefined) {
      throw new CommandError(`There is no session ${id}.`, {
        code: 'NOT_FOUND',
        fix: 'signet session list shows the sessions of a user.',
      })
    }
    const ctx = operatorContext()
    const masterSecret = openOperatorSecret(config)
    const position = await openSessionEnds({ db, masterSecret, revocations: announcerOf(db) }).end(
      ctx,
      {
        sessionId: id as SessionId,
        userId: found.userId as UserId,
        reason: 'revoked_by_operator',
      },
    )
    const changed = position > 0n
    const text = changed ? `Session ${id} has ended.` : `Session ${id} had ended before.`
    io.result({ sessionId: id, changed, reference: ctx.reference }, text)
    return exitCodes.ok
  })
}

function minutes(at: Date): string {
  return at.toISOString().slice(0, 16).replace('T', ' ')
}
