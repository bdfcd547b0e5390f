/** `signet provider`: whom people sign in with, beside passwords; added, removed, and asked whether they are set up correctly. */

import { pino } from 'pino'
import type { ProviderKind } from '../federation/identity-provider.ts'
import { openKnownProviders } from '../federation/known-providers.ts'
import { addProvider, removeProvider } from '../federation/manage-providers.ts'
import { callbackAddress } from '../federation/provider-sign-in.ts'
import { openUpstream } from '../federation/upstream.ts'
import { openGuardedFetch } from '../outbound/guarded-fetch.ts'
import { CommandError } from './command-error.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { withDatabase } from './open-database.ts'
import { openOperatorSecret, whereNotFound, withChange } from './operator.ts'
import { readAll } from './read-password.ts'
import { table } from './table.ts'
import type { ChangeOptions, CommandContext } from './verb.ts'

export interface ProviderAddOptions extends ChangeOptions {
  kind: ProviderKind
  name?: string
  clientId: string
  issuer?: string
  tenant?: string
  teamId?: string
  keyId?: string
  scope?: string[]
  keepTokens?: boolean
}

/** `provider list`: those of the environment, then those that were added. */
export async function providerList(context: CommandContext): Promise<ExitCode> {
  const { config, io } = context
  const providers = await withDatabase(context, ({ db }) =>
    openKnownProviders({ config, db, masterSecret: openOperatorSecret(config) }).list(),
  )
  const rows = providers.map(({ id, kind, name }) => [
    ...[id, kind, name],
    callbackAddress(config.issuer, id),
  ])
  const [head = '', ...lines] = table(['id', 'kind', 'name', 'redirect URI'], rows)
  const none =
    'Nobody signs in with a provider. The guides in docs/guides/social say how to set one up.'
  io.result({ providers }, rows.length === 0 ? none : [io.heading(head), ...lines].join('\n'))
  return exitCodes.ok
}

/** `provider test`: asks the provider, and says what is wrong. */
export async function providerTest(context: CommandContext, id: string): Promise<ExitCode> {
  const { config, io } = context
  const provider = await withDatabase(context, ({ db }) =>
    openKnownProviders({ config, db, masterSecret: openOperatorSecret(config) }).find(id),
  )
  if (provider === undefined) throw unknownProvider(id)
  const fetch = openGuardedFetch({ privateHosts: config.outboundPrivateHosts })
  const log = pino({ enabled: false })
  const problems = await openUpstream({ fetch, log }).check(provider)
  const callback = callbackAddress(config.issuer, id)
  const good = `${provider.name} is set up correctly, as far as can be seen from here.\nIts redirect URI must be ${callback}; whether that is entered there shows the first sign-in.`
  const bad = [`${provider.name} is not set up correctly:`, ...problems.map((each) => `- ${each}`)]
  io.result(
    { provider: id, problems, redirectUri: callback },
    problems.length === 0 ? good : bad.join('\n'),
  )
  return problems.length === 0 ? exitCodes.ok : exitCodes.failed
}

/** `provider add`: its secret comes from standard input. */
export async function providerAdd(
  context: CommandContext,
  id: string,
  options: ProviderAddOptions,
): Promise<ExitCode> {
  const { io } = context
  const { dryRun = false, kind, name, clientId, issuer, tenant, teamId, keyId, scope } = options
  const { keepTokens = false } = options
  const clientSecret = (await readAll(io)).replace(/\r?\n$/u, '')
  if (clientSecret === '')
    throw new CommandError('No client secret came on standard input.', {
      code: 'SECRET_MISSING',
      fix: 'Pipe it in, such as: signet provider add … < secret-file',
      exitCode: exitCodes.usage,
    })
  const settings = {
    ...(issuer !== undefined && { issuer }),
    ...(tenant !== undefined && { tenant }),
    ...(teamId !== undefined && { teamId }),
    ...(keyId !== undefined && { keyId }),
    ...(scope !== undefined && { scopes: scope }),
    ...(keepTokens && { keepsTokens: true }),
  }
  const record = { name: name ?? id, clientId, disabled: false, settings }
  return withChange(context, dryRun, async (deps, ctx) => {
    await addProvider(deps, ctx, { id, kind, record, clientSecret })
    const callback = callbackAddress(context.config.issuer, id)
    const text = dryRun
      ? `${id} would be added. Nothing was changed.`
      : `${id} is added. Enter this redirect URI there: ${callback}\nThen see whether all is well: signet provider test ${id}`
    io.result({ provider: id, redirectUri: callback, dryRun, reference: ctx.reference }, text)
  })
}

/** `provider remove`: nobody comes in by it any more. */
export async function providerRemove(
  context: CommandContext,
  id: string,
  { dryRun = false }: ChangeOptions,
): Promise<ExitCode> {
  return withChange(context, dryRun, async (deps, ctx) => {
    if (deps.config.providers.some((each) => each.id === id))
      throw new CommandError(`${id} stands in the environment.`, {
        code: 'NOT_FOUND',
        fix: 'Take its variables away, and start the server again.',
      })
    await removeProvider(deps, ctx, { id }).catch(whereNotFound(unknownProvider(id)))
    const text = dryRun
      ? `${id} would be removed. Nothing was changed.`
      : `${id} is removed. Who is signed in stays so; who people are there is kept.`
    context.io.result({ provider: id, dryRun, reference: ctx.reference }, text)
  })
}

function unknownProvider(id: string): CommandError {
  return new CommandError(`There is no provider ${id}, or it is disabled.`, {
    code: 'NOT_FOUND',
    fix: 'signet provider list shows them. One of the environment needs all of its variables.',
  })
}
