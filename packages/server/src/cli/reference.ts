/** Writes docs/reference/command-line.md from the program itself. */

import type { Argument, Command, Option } from 'commander'
import { syncReferencePage } from '../config/reference-page.ts'
import { exitCodeMeanings } from './exit-codes.ts'
import { buildProgram } from './program.ts'

/** Brings the reference up to date, or with `check` only looks. Returns the files that were stale. */
export async function generateCommandLineReference(options: { check: boolean }): Promise<string[]> {
  return syncReferencePage('docs/reference/command-line.md', commandLineReference(), options)
}

const everyVerbHas = new Set(['--json', '--settings'])

/** The whole page. */
function commandLineReference(): string {
  const program = buildProgram(async () => undefined, '')
  const commands = program.commands.filter((command) => command.name() !== 'help')
  const verbs = commands.flatMap((command) =>
    command.commands.length > 0 ? command.commands : [command],
  )
  return `${[opening(), ...verbs.map(describeVerb)].join('\n\n')}\n`
}

function opening(): string {
  const codes = exitCodeMeanings.map(([code, meaning]) => `| ${code} | ${meaning} |`)
  return `<!-- Written by \`npm run generate\`. Edits are lost. -->

# Command line

In this repository the command is \`npm run signet --\`, followed by a verb; \`--help\` explains each.

- The result goes to standard output, everything else to standard error. Colours follow the terminal and \`NO_COLOR\`.
- With \`--json\` the result is JSON, one value on each line; a failure is \`{"error": {"code", "message", "fix", "exitCode"}}\`.
- \`--settings <path>\` reads settings from a file; the environment wins over it.
- Commands work on the database that the [configuration](configuration.md) names. Where it names none, they join the embedded one
  of a running server, or start it for as long as they take.
- Nothing is asked unless a person sits at a terminal.

| Exit code | Meaning |
|---|---|
${codes.join('\n')}`
}

function describeVerb(verb: Command): string {
  const parents = verb.parent?.parent === null ? [] : [verb.parent?.name() ?? '']
  const name = ['signet', ...parents, verb.name()].join(' ')
  const operands = verb.registeredArguments.map((argument) => ` <${argument.name()}>`).join('')
  const own = verb.options.filter((option) => !everyVerbHas.has(option.long ?? ''))
  const rows = [...verb.registeredArguments.map(argumentRow), ...own.map(optionRow)]
  const table = rows.length === 0 ? [] : ['', '| | |', '|---|---|', ...rows]
  return [`## \`${name}${operands}\``, '', verb.description(), ...table].join('\n')
}

function argumentRow(argument: Argument): string {
  return `| \`<${argument.name()}>\` | ${argument.description} |`
}

function optionRow(option: Option): string {
  const notes = [
    option.mandatory ? 'Required.' : '',
    option.argChoices === undefined ? '' : `One of: ${option.argChoices.join(', ')}.`,
    option.defaultValue === undefined ? '' : `Default: ${option.defaultValue}.`,
  ]
  const text = [option.description, ...notes].filter((part) => part !== '').join(' ')
  return `| \`${option.flags}\` | ${text} |`
}
