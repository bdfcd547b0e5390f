/** Runs generator steps in order and says what came of it: what was stale, what is wrong, how to mend it. */

import { type GenerateStep, SourceDefects } from './generated-file.ts'

export interface NamedStep {
  /** What the step makes, such as "OpenAPI document". */
  name: string
  run: GenerateStep
}

interface RunOptions {
  check: boolean
  say(text: string): void
}

/**
 * Runs all steps and answers the exit code: 1 where a source has defects, and with `check` also where a file is
 * stale. Steps after a defect do not run: they would build on it.
 */
export async function runSteps(
  steps: readonly NamedStep[],
  { check, say }: RunOptions,
): Promise<number> {
  const stale: string[] = []
  let defects: string | undefined
  for (const { name, run } of steps) {
    try {
      stale.push(...(await run({ check })))
    } catch (error) {
      if (!(error instanceof SourceDefects)) throw error
      defects = `There are defects (${name}):\n${indent(error.message)}`
      break
    }
  }
  if (stale.length > 0) say(`${check ? 'Not current' : 'Written'}:\n${indent(stale.join('\n'))}`)
  if (stale.length > 0 && check) say('Run `npm run generate` and commit what it writes.')
  if (defects !== undefined) say(defects)
  return defects !== undefined || (check && stale.length > 0) ? 1 : 0
}

function indent(lines: string): string {
  return lines.replace(/^/gm, '  ')
}
