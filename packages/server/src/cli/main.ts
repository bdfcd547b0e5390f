/**
 * `signet`: the command line.
 *
 * 1. Understand the arguments; what is not understood is exit code 2.
 * 2. Load the configuration; what is wrong with it is exit code 78.
 * 3. Run the verb. Results go to standard output, everything else to standard error.
 * 4. Tell a failure as what happened and what to do next, and end with its exit code.
 */

import { readFileSync } from 'node:fs'
import { styleText } from 'node:util'
import { CommanderError } from 'commander'
import { type CommandIo, openCommandIo } from './command-io.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { explainFailure, type Failure } from './explain-failure.ts'
import { buildProgram, isHelpEnd } from './program.ts'
import type { RunVerb } from './verb.ts'

const isService = process.argv[2] === 'start'
// A service outlives whoever reads its log.
if (!isService) process.stdout.on('error', endQuietly)
process.exitCode = await main(process.argv.slice(2))
// Nor does a reader who stands still hold up its end.
if (isService) setTimeout(() => process.exit(), 1000).unref()

async function main(args: string[]): Promise<ExitCode> {
  // Also where the arguments are not understood, the failure is told in the form that was asked for.
  const io = openCommandIo(process, args.includes('--json'))
  let exitCode: ExitCode = exitCodes.ok
  const run: RunVerb = async ({ settings }, verb) => {
    const { loadConfig } = await import('../config/config.ts')
    const config = loadConfig(settings === undefined ? {} : { envFile: settings })
    exitCode = await verb({ config, io })
  }
  const program = buildProgram(run, readVersion())
  const usage: string[] = []
  for (const command of [program, ...descendants(program)]) {
    command.exitOverride()
    command.configureOutput({ writeErr: (text) => usage.push(text) })
  }
  try {
    await program.parseAsync(args, { from: 'user' })
    return exitCode
  } catch (error) {
    if (isHelpEnd(error)) return exitCodes.ok
    const failure =
      error instanceof CommanderError ? usageFailure(usage) : await explainFailure(error)
    tell(failure, io)
    return failure.exitCode
  }
}

function descendants(command: ReturnType<typeof buildProgram>): (typeof command)[] {
  return command.commands.flatMap((child) => [child, ...descendants(child)])
}

function usageFailure(usage: readonly string[]): Failure {
  const [, problem, rest = ''] = /^error: (.*)([\s\S]*)$/u.exec(usage.join('').trim()) ?? []
  const message = problem === undefined ? usage.join('').trim() : `${sentence(problem)}${rest}`
  const isPerhapsValue = /^unknown option '-[^-]{2}/u.test(problem ?? '')
  const fix = isPerhapsValue
    ? 'A value that begins with a dash is written after -- and a space.'
    : ''
  return { exitCode: exitCodes.usage, code: 'USAGE', message, fix }
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`
}

function tell(failure: Failure, io: CommandIo): void {
  const { exitCode, code, message, fix, details } = failure
  if (io.json) {
    const error = { code, message, ...(fix !== '' && { fix }), ...(details && { details }) }
    io.result({ error: { ...error, exitCode } }, '')
    return
  }
  const isWhole = exitCode === exitCodes.config || code === 'USAGE'
  const head = isWhole ? '' : `${styleText('red', 'Not done:', { stream: process.stderr })} `
  io.note(`${head}${message}${fix === '' ? '' : `\n${fix}`}`)
}

function readVersion(): string {
  const file = new URL('../../package.json', import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}

/** Whoever read standard output has enough, as `head` does. That is no failure. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
  process.exit(process.exitCode)
}
