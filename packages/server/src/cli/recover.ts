/** `signet recover`: everyone signs in again, because the database has forgotten what was revoked. */

import { recoverInstallation } from '../revocation/recover.ts'
import type { ExitCode } from './exit-codes.ts'
import { withChange } from './operator.ts'
import type { ChangeOptions, CommandContext } from './verb.ts'

/** Ends every session and grant of everyone. */
export async function recover(
  context: CommandContext,
  { dryRun = false }: ChangeOptions,
): Promise<ExitCode> {
  return withChange(context, dryRun, async (deps, ctx) => {
    const { sessionsEnded } = await recoverInstallation(deps, ctx)
    const said = dryRun
      ? `${sessionsEnded} sessions would end, and everyone would have to sign in again. Nothing was changed.`
      : `${sessionsEnded} sessions have ended. Everyone signs in again, and each client needs another secret: signet client rotate.`
    context.io.result({ sessionsEnded, dryRun, reference: ctx.reference }, said)
  })
}
