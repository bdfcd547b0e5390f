/**
 * `npm run generate`: makes every generated file of the repository current.
 *
 * With `--check` nothing is written: exit 1 names each stale file and the command that mends it.
 *
 * With `--breaking-since <revision>` nothing is generated: exit 1 names what breaks those who were built against the
 * contract at that git revision.
 *
 * Steps run in order, and each is loaded when it runs, because later ones import what earlier ones write.
 */

import { parseArgs } from 'node:util'
import { type NamedStep, runSteps } from './run-steps.ts'

const steps: readonly NamedStep[] = [
  {
    name: 'contract',
    run: async (options) => (await import('./contract-step.ts')).generateContract(options),
  },
  {
    name: 'contract rules',
    run: async () => (await import('./contract-step.ts')).checkContract(),
  },
  {
    name: 'queries and schema',
    run: async (options) => (await import('../sql/generate-sql.ts')).generateSql(options),
  },
  {
    name: 'OpenAPI document',
    run: async (options) => (await import('./openapi/openapi-step.ts')).generateOpenApi(options),
  },
  {
    name: 'access table',
    run: async (options) => (await import('./access-step.ts')).generateAccessTable(options),
  },
  {
    name: 'error table',
    run: async (options) => (await import('./errors-step.ts')).generateErrorTable(options),
  },
  {
    name: 'completeness matrix',
    run: async (options) => (await import('./revocation-step.ts')).generateRevocationPage(options),
  },
  {
    name: 'requirements',
    run: async (options) => (await import('./requirements-step.ts')).generateRequirements(options),
  },
  {
    name: 'configuration reference',
    run: async (options) =>
      (
        await import('../../packages/server/src/config/reference.ts')
      ).generateConfigurationReference(options),
  },
  {
    name: 'command-line reference',
    run: async (options) =>
      (await import('../../packages/server/src/cli/reference.ts')).generateCommandLineReference(
        options,
      ),
  },
]

const { values: flags } = parseArgs({
  options: { check: { type: 'boolean', default: false }, 'breaking-since': { type: 'string' } },
})
const base = flags['breaking-since']
process.exitCode =
  base === undefined ? await runSteps(steps, { check: flags.check, say }) : await runBreaking(base)

async function runBreaking(base: string): Promise<number> {
  const { checkBreaking } = await import('./breaking.ts')
  return runSteps(
    [
      {
        name: `against ${base}`,
        run: async () => {
          if ((await checkBreaking({ base })) === 'no base')
            say(`There is no contract at ${base}: nothing to compare with.`)
          return []
        },
      },
    ],
    { check: true, say },
  )
}

function say(text: string): void {
  process.stderr.write(`${text}\n`)
}
