/**
 * `node tools/generate/check-breaking.ts [revision]`: whether the contract still serves those who were built against
 * the one at a git revision, by default the last commit. Exit 1 names what is broken.
 */

import { checkBreaking } from './breaking.ts'
import { ContractError } from './contract.ts'

const base = process.argv[2] ?? 'HEAD'

try {
  if ((await checkBreaking({ base })) === 'no base')
    process.stderr.write(`There is no contract at ${base}: nothing to compare with.\n`)
} catch (error) {
  if (!(error instanceof ContractError)) throw error
  process.stderr.write(`The contract breaks callers of ${base}:\n${error.message}\n`)
  process.exitCode = 1
}
