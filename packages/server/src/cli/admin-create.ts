/** `signet admin create`: makes an administrator, or makes a user one. */

import { openPasswordHasher } from '../authenticators/password-hash.ts'
import type { Db } from '../db/query.ts'
import type { UserId } from '../ids.ts'
import { createAdministrator } from '../roles/create-administrator.ts'
import { parseEmail } from '../users/identifier.ts'
import { listHolders } from '../users/open-account.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { withNewDatabase } from './open-database.ts'
import { changeDeps, operatorContext } from './operator.ts'
import { type PasswordSource, readPassword } from './read-password.ts'
import type { ChangeOptions, CommandContext } from './verb.ts'

export interface AdminCreateOptions extends PasswordSource, ChangeOptions {
  email: string
  displayName?: string
}

/** Says whom it made an administrator. With `dryRun` everything is decided and nothing is kept. */
export async function adminCreate(
  context: CommandContext,
  options: AdminCreateOptions,
): Promise<ExitCode> {
  const { io } = context
  const { email, displayName = '', dryRun = false } = options
  const password = await readPassword(io, options)
  return withNewDatabase(context, async ({ db }) => {
    const ctx = operatorContext()
    const passwords = openPasswordHasher(context.config.passwordHash)
    const deps = { ...changeDeps(context, db, { dryRun }), passwords }
    const { userId, created } = await createAdministrator(deps, ctx, {
      email,
      password,
      displayName,
    })
    const unverifiedClaims = await countOtherClaims(db, email, userId)
    const value = { userId, email, created, unverifiedClaims, dryRun, reference: ctx.reference }
    io.result(value, `${outcomeText(value)}${claimsText(value)}`)
    return exitCodes.ok
  })
}

interface Outcome {
  userId: UserId
  email: string
  created: boolean
  unverifiedClaims: number
  dryRun: boolean
}

/** How many other accounts have the address without proof. Such a claim holds nothing, so it hinders nobody. */
async function countOtherClaims(db: Db, email: string, userId: UserId): Promise<number> {
  const parsed = parseEmail(email, 'email')
  if (!('identifier' in parsed)) return 0
  const holders = await listHolders(db, parsed.identifier)
  return holders.filter((holder) => holder.userId !== userId).length
}

function outcomeText({ email, userId, created, dryRun }: Outcome): string {
  if (dryRun) {
    const what = created ? 'would be created as' : 'exists, and would become'
    return `${email} ${what} an administrator. Nothing was changed.`
  }
  return created
    ? `${email} is an administrator (user ${userId}). Sign in with the password you gave.`
    : `${email} had an account and is an administrator (user ${userId}). Its password is what it was.`
}

function claimsText({ unverifiedClaims, created, dryRun }: Outcome): string {
  if (unverifiedClaims === 0) return ''
  const [accounts, these] =
    unverifiedClaims === 1 ? ['account claims', 'It stays'] : ['accounts claim', 'They stay']
  const apart = created ? `, and this ${dryRun ? 'would be' : 'is'} a new one beside` : ''
  return `\n${unverifiedClaims} other ${accounts} the address without proof${apart}. ${these} as before.`
}
