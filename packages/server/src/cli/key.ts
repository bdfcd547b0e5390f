/** `signet key`: shows the signing keys, rotates them, and takes one out of use. */

import { revokeSigningKey, rotateSigningKeys } from '../tokens/rotate-signing-keys.ts'
import { listAllSigningKeys } from '../tokens/signing-keys.sql.ts'
import { noSuch } from './command-error.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { withDatabase } from './open-database.ts'
import { whereNotFound, withChange } from './operator.ts'
import { table } from './table.ts'
import type { ChangeOptions, CommandContext } from './verb.ts'

/** `key list`: every key, oldest first. */
export async function keyList(context: CommandContext): Promise<ExitCode> {
  const { io } = context
  const keys = await withDatabase(context, ({ db }) => listAllSigningKeys(db))
  const rows = keys.map((key) => [
    key.id,
    key.algorithm,
    key.state,
    day(key.createdAt),
    day(key.activatedAt),
    day(key.retiredAt),
  ])
  const heads = ['kid', 'algorithm', 'state', 'made', 'signs since', 'retired']
  const [head = '', ...lines] = table(heads, rows)
  io.result({ keys }, [io.heading(head), ...lines].join('\n'))
  return exitCodes.ok
}

/** `key rotate`: begins a rotation now. */
export async function keyRotate(
  context: CommandContext,
  { dryRun = false }: ChangeOptions,
): Promise<ExitCode> {
  return withChange(context, dryRun, async (deps, ctx) => {
    const { kids, signsInSeconds } = await rotateSigningKeys(deps, ctx)
    const said = dryRun
      ? 'The next keys would be published. Nothing was changed.'
      : `The next keys are published: ${kids.join(', ')}.\nA running server signs with them in ${signsInSeconds} seconds, when everybody has them.`
    context.io.result({ kids, signsInSeconds, dryRun, reference: ctx.reference }, said)
  })
}

/** `key revoke`: takes a key out of use at once. */
export async function keyRevoke(
  context: CommandContext,
  kid: string,
  { dryRun = false }: ChangeOptions,
): Promise<ExitCode> {
  return withChange(context, dryRun, async (deps, ctx) => {
    const { changed, replacedBy } = await revokeSigningKey(deps, ctx, { kid }).catch(
      whereNotFound(noSuch('key', kid, 'signet key list shows which there are.')),
    )
    const done = dryRun ? 'would be revoked. Nothing was changed.' : 'is revoked.'
    const lines = [changed ? `${kid} ${done}` : `${kid} was retired already. Nothing was changed.`]
    if (changed && !dryRun) {
      lines.push('Servers refuse its tokens within seconds.')
      lines.push('Services that keep the published keys may accept them for up to 5 more minutes.')
    }
    if (replacedBy !== undefined && !dryRun) lines.push(`${replacedBy} signs in its place.`)
    const value = { kid, changed, replacedBy: replacedBy ?? null, dryRun, reference: ctx.reference }
    context.io.result(value, lines.join('\n'))
  })
}

function day(at: Date | null): string {
  return at === null ? '' : at.toISOString().slice(0, 10)
}
