/** `signet admin create`: makes an administrator, or makes a user one. */

import { openPasswordHasher } from '../authenticators/password-hash.ts'
import type { Config } from '../config/config.ts'
import { createAdministrator } from '../roles/create-administrator.ts'
import type { CommandIo } from './command-io.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { withNewDatabase } from './open-database.ts'
import { openOperatorSecret, operatorContext, rehearsal } from './operator.ts'
import { type PasswordSource, readPassword } from './read-password.ts'

export interface AdminCreateOptions extends PasswordSource {
  email: string
  displayName?: string
  dryRun?: boolean
}

/** Says whom it made an administrator. With `dryRun` everything is decided and nothing is kept. */
export async function adminCreate(
  context: { config: Config; io: CommandIo },
  options: AdminCreateOptions,
): Promise<ExitCode> {
  const { config, io } = context
  const { email, displayName = '', dryRun = false } = options
  const password = await readPassword(io, options)
  return withNewDatabase(context, async ({ db }) => {
    const ctx = operatorContext()
    const deps = {
      config,
      db: dryRun ? rehearsal(db) : db,
      masterSecret: openOperatorSecret(config),
      passwords: openPasswordHasher(config.passwordHash),
    }
    const { userId, created } = await createAdministrator(deps, ctx, {
      email,
      password,
      displayName,
    })
    const value = { userId, email, created, dryRun, reference: ctx.reference }
    if (dryRun) {
      const what = created ? 'would be created as' : 'exists, and would become'
      io.result(value, `${email} ${what} an administrator. Nothing was changed.`)
    } else if (created) {
      io.result(
        value,
        `${email} is an administrator (user ${userId}). Sign in with the password you gave.`,
      )
    } else {
      const text = `${email} had an account and is an administrator (user ${userId}). Its password is what it was.`
      io.result(value, text)
    }
    return exitCodes.ok
  })
}
