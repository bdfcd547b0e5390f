/** `signet recover`: everyone signs in again, because the database has forgotten what was revoked. */

import { recoverInstallation } from '../revocation/recover.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { withDatabase } from './open-database.ts'
import { announcerOf, openOperatorSecret, operatorContext, rehearsal } from './operator.ts'
import type { CommandContext } from './program.ts'

/** Ends every session and grant of everyone. */
export async function recover(
  context: CommandContext,
  { dryRun = false }: { dryRun?: boolean },
): Promise<ExitCode> {
  const { config, io } = context
  return withDatabase(context, async ({ db }) => {
    const ctx = operatorContext()
    const { sessionsEnded } = await recoverInstallation(
      {
        db: dryRun ? rehearsal(db) : db,
        masterSecret: openOperatorSecret(config),
        revocations: announcerOf(db),
      },
      ctx,
    )
    const said = dryRun
      ? `${sessionsEnded} sessions would end, and everyone would have to sign in again. Nothing was changed.`
      : `${sessionsEnded} sessions have ended. Everyone signs in again, and each client needs another secret: signet client rotate.`
    io.result({ sessionsEnded, dryRun, reference: ctx.reference }, said)
    return exitCodes.ok
  })
}
