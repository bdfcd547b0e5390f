/**
 * `npm run generate`: makes every generated file of the repository current.
 *
 * With `--check` nothing is written: exit 1 names each stale file and the command that mends it.
 *
 * Steps run in order, and each is loaded when it runs, because later ones import what earlier ones write.
 */

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
]

process.exitCode = await runSteps(steps, {
  check: process.argv.includes('--check'),
  say: (text) => process.stderr.write(`${text}\n`),
})
