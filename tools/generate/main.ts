/**
 * `npm run generate`: makes every generated file of the repository current.
 *
 * With `--check` nothing is written: exit 1 names each stale file and the command that mends it.
 *
 * Steps run in order, and each is loaded when it runs, because later ones import what earlier ones write.
 */

import { ContractError } from './contract.ts'
import type { GenerateStep } from './generated-file.ts'

interface NamedStep {
  name: string
  run: GenerateStep
}

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

const check = process.argv.includes('--check')
process.exitCode = await generate(check)

async function generate(check: boolean): Promise<number> {
  const stale: string[] = []
  for (const step of steps) {
    try {
      stale.push(...(await step.run({ check })))
    } catch (error) {
      if (!(error instanceof ContractError)) throw error
      say(`The contract has defects (${step.name}):\n${indent(error.message)}`)
      return 1
    }
  }
  if (stale.length === 0) return 0
  say(`${check ? 'Not current' : 'Written'}:\n${indent(stale.join('\n'))}`)
  if (check) say('Run `npm run generate` and commit what it writes.')
  return check ? 1 : 0
}

function indent(lines: string): string {
  return lines.replace(/^/gm, '  ')
}

function say(text: string): void {
  process.stderr.write(`${text}\n`)
}
