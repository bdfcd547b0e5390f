/** `signet user`: finds people, and closes and opens their accounts. */

import { printable } from '../config/shown-value.ts'
import type { Db } from '../db/query.ts'
import type { UserId } from '../ids.ts'
import { findSubjectOfUser } from '../users/external-subject.sql.ts'
import { parseEmail } from '../users/identifier.ts'
import { listUsers, type UserQuery } from '../users/list-users.ts'
import { listHolders } from '../users/open-account.ts'
import { suspendUser, unsuspendUser } from '../users/suspend-user.ts'
import { findUser, listIdentifiers } from '../users/users.sql.ts'
import { CommandError, noSuch } from './command-error.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { withDatabase } from './open-database.ts'
import { withChange } from './operator.ts'
import { table } from './table.ts'
import type { ChangeOptions, CommandContext } from './verb.ts'

export interface UserListOptions {
  search?: string
  status?: 'active' | 'suspended'
  after?: string
  limit: number
}

/** `user list`: one page of users. */
export async function userList(
  context: CommandContext,
  options: UserListOptions,
): Promise<ExitCode> {
  const { io } = context
  const { search, status, after, limit } = options
  const query: UserQuery = {
    // One more than wanted tells whether there is another page.
    limit: limit + 1,
    ...(search !== undefined && { search }),
    ...(status !== undefined && { status }),
    ...(after !== undefined && { after: after as UserId }),
  }
  const found = await withDatabase(context, ({ db }) => listUsers(db, query))
  const users = found.slice(0, limit)
  const next = found.length > limit ? users.at(-1)?.id : undefined
  const rows = users.map((user) => [
    user.id,
    user.status,
    user.identifiers
      .map((value) => (user.unverified.includes(value) ? `${value} (not verified)` : value))
      .join(', '),
    user.displayName,
    user.roleNames.join(', '),
    user.createdAt.toISOString().slice(0, 10),
  ])
  const [head = '', ...lines] = table(
    ['id', 'status', 'signs in as', 'name', 'roles', 'since'],
    rows,
  )
  const text =
    users.length === 0 ? 'There are no such users.' : [io.heading(head), ...lines].join('\n')
  io.result({ users, next: next ?? null }, text)
  if (next !== undefined) io.note(`There are more. The next page: --after ${next}`)
  return exitCodes.ok
}

/** `user get`: one user, by id or email address. */
export async function userGet(context: CommandContext, user: string): Promise<ExitCode> {
  return withDatabase(context, async ({ db }) => {
    const id = await resolveUser(db, user)
    const [found, identifiers, external] = await Promise.all([
      findUser(db, { id }),
      listIdentifiers(db, { userId: id }),
      findSubjectOfUser(db, { userId: id }),
    ])
    if (found === undefined) throw noSuchUser(user)
    const lines = [
      `${found.id}  ${found.status}`,
      `  Name    ${printable(found.displayName) || '(none)'}`,
      ...identifiers.map(
        ({ kind, value, verified }) =>
          `  ${kind.padEnd(6)}  ${value}${verified ? '' : '  (not verified)'}`,
      ),
      ...externalLines(external),
      `  Roles   ${found.roleNames.join(', ')}`,
      `  Since   ${found.createdAt.toISOString()}`,
    ]
    context.io.result({ ...found, identifiers, external: external ?? null }, lines.join('\n'))
    return exitCodes.ok
  })
}

/** Who speaks for the user, where that is a service. */
function externalLines(external: Awaited<ReturnType<typeof findSubjectOfUser>>): string[] {
  if (external === undefined) return []
  const { namespace, provider, subject, email } = external
  const said = email === null ? '' : `  (${printable(email)}, as it says)`
  return [`  Known   to ${namespace} as ${printable(subject)} of ${provider}${said}`]
}

export interface SuspendOptions extends ChangeOptions {
  reason?: string
}

/** `user suspend`: closes an account and ends its sessions. */
export async function userSuspend(
  context: CommandContext,
  user: string,
  { reason, dryRun = false }: SuspendOptions,
): Promise<ExitCode> {
  return change(context, { user, dryRun, verb: 'suspended' }, (deps, ctx, userId) =>
    suspendUser(deps, ctx, { userId, ...(reason !== undefined && { reason }) }),
  )
}

/** `user unsuspend`: opens a suspended account again. */
export async function userUnsuspend(
  context: CommandContext,
  user: string,
  { dryRun = false }: ChangeOptions,
): Promise<ExitCode> {
  return change(context, { user, dryRun, verb: 'open' }, (deps, ctx, userId) =>
    unsuspendUser(deps, ctx, { userId }),
  )
}

type Change = (
  deps: Parameters<typeof suspendUser>[0],
  ctx: Parameters<typeof suspendUser>[1],
  userId: UserId,
) => Promise<{ changed: boolean }>

async function change(
  context: CommandContext,
  { user, dryRun, verb }: { user: string; dryRun: boolean; verb: string },
  run: Change,
): Promise<ExitCode> {
  return withChange(context, dryRun, async (deps, ctx) => {
    const userId = await resolveUser(deps.db, user)
    const { changed } = await run(deps, ctx, userId)
    const said = dryRun ? `would be ${verb}. Nothing was changed.` : `is ${verb}.`
    const text = changed ? `${user} ${said}` : `${user} was ${verb} already. Nothing was changed.`
    context.io.result({ userId, changed, dryRun, reference: ctx.reference }, text)
  })
}

const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/iu

/** The user whom an operator means. An address that several claim without proof is not enough. */
export async function resolveUser(db: Db, user: string): Promise<UserId> {
  if (uuid.test(user)) return user.toLowerCase() as UserId
  const parsed = parseEmail(user, 'user')
  if (!('identifier' in parsed)) {
    throw new CommandError(`${JSON.stringify(user)} is neither a user id nor an email address.`, {
      code: 'NO_SUCH_FORM',
      fix: 'Give one of the two; npm run signet -- user list shows both.',
      exitCode: exitCodes.usage,
    })
  }
  const holders = await listHolders(db, parsed.identifier)
  const [first, ...others] = holders
  if (first === undefined) throw noSuchUser(user)
  const owner = holders.find(({ verified }) => verified)
  if (owner !== undefined || others.length === 0) return (owner ?? first).userId
  throw new CommandError(`${user} is claimed by ${holders.length} users, none of whom proved it.`, {
    code: 'AMBIGUOUS',
    fix: `Give the id of the one you mean: ${holders.map(({ userId }) => userId).join(', ')}.`,
  })
}

function noSuchUser(user: string): CommandError {
  return noSuch('user', user, 'npm run signet -- user list shows who there is.')
}
