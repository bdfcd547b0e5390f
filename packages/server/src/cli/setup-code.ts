/** `signet setup-code`: shows where and with which code somebody becomes the first administrator in a browser. */

import { readInstallation, setupCode } from '../roles/set-up.ts'
import { CommandError } from './command-error.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { withDatabase } from './open-database.ts'
import { openOperatorSecret } from './operator.ts'
import type { CommandContext } from './verb.ts'

/** Says the code, or that it is good for nothing any more. */
export async function showSetupCode(context: CommandContext): Promise<ExitCode> {
  const { config, io } = context
  return withDatabase(context, async ({ db }) => {
    const { instanceId, setUp } = await readInstallation(db)
    if (setUp)
      throw new CommandError('This installation is set up: it has had an administrator.', {
        code: 'SET_UP',
        fix: 'Make another one with signet admin create.',
        exitCode: exitCodes.failed,
      })
    const code = setupCode(openOperatorSecret(config), instanceId)
    const url = `${config.issuer}/setup#${code}`
    io.result({ code, url }, `${code}\nOpen ${url}`)
    return exitCodes.ok
  })
}
