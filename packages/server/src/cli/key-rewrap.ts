/** `signet key rewrap`: wraps everything that is stored under the current master secret, so that the former can be dropped. */

import {
  countWrapped,
  findOtherInstances,
  rewrapStoredKeys,
  storedKinds,
  type WrappedOtherwise,
} from '../stored-keys/rewrap-stored-keys.ts'
import { CommandError } from './command-error.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { withDatabase } from './open-database.ts'
import { changeDeps, operatorContext } from './operator.ts'
import type { ChangeOptions, CommandContext } from './verb.ts'

/** Moves what can be moved. Refuses while a running instance could not open it afterwards. */
export async function keyRewrap(
  context: CommandContext,
  { dryRun = false }: ChangeOptions,
): Promise<ExitCode> {
  return withDatabase(context, async ({ db }) => {
    const ctx = operatorContext()
    const deps = changeDeps(context, db, { dryRun })
    const { withoutKey } = await findOtherInstances(deps)
    if (withoutKey > 0) throw notEverywhere(withoutKey)
    const { moved, unreadable } = await rewrapStoredKeys(deps, ctx, ctx.signal)
    const left = await countWrapped(deps)
    const value = { keyId: deps.masterSecret.keyId, moved, unreadable, left, dryRun }
    const amounts = new Intl.ListFormat('en-GB').format(
      Object.entries(storedKinds).map(
        ([kind, { called }]) => `${moved[kind as keyof typeof moved]} ${called}`,
      ),
    )
    const lines = dryRun
      ? [`${amounts} would be wrapped anew. Nothing was changed.`]
      : [`${amounts} are wrapped anew.`, ...leftLines(left)]
    context.io.result({ ...value, reference: ctx.reference }, lines.join('\n'))
    return dryRun || left.former + left.unknown === 0 ? exitCodes.ok : exitCodes.failed
  })
}

function leftLines({ former, unknown }: WrappedOtherwise): string[] {
  if (former + unknown === 0) return ['Nothing needs the former master secret any more.']
  const lines: string[] = []
  if (former > 0) {
    lines.push(`${former} are left: they were in use, or do not open. Run it again.`)
  }
  if (unknown > 0) {
    lines.push(
      `${unknown} are wrapped under a master secret that is not configured. Give it as SIGNET_MASTER_SECRET_PREVIOUS.`,
    )
  }
  return lines
}

function notEverywhere(count: number): CommandError {
  const instances = count === 1 ? 'A running instance does' : `${count} running instances do`
  return new CommandError(
    `${instances} not have this master secret, and would lose every session.`,
    {
      code: 'NOT_EVERYWHERE',
      fix: 'Start every instance with it as SIGNET_MASTER_SECRET_PREVIOUS first. One that was killed counts for 90 seconds.',
      exitCode: exitCodes.unavailable,
    },
  )
}
