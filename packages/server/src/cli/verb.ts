/** What the verbs of the command line share: what they work with, their common options, and how arguments are read. */

import { type Command, InvalidArgumentError } from 'commander'
import type { Config } from '../config/config.ts'
import type { CommandIo } from './command-io.ts'
import type { ExitCode } from './exit-codes.ts'

/** What every verb works with. */
export interface CommandContext {
  config: Config
  io: CommandIo
}

/** The options that every verb has. */
export interface CommonOptions {
  json?: boolean
  /** An env file. Not `--env-file`: Node itself looks for that among the arguments of a script. */
  settings?: string
}

/** Loads the configuration, runs a verb and notes its exit code. */
export type RunVerb = (
  options: CommonOptions,
  verb: (context: CommandContext) => ExitCode | Promise<ExitCode>,
) => Promise<void>

/** The options of a verb that changes something. */
export interface ChangeOptions {
  dryRun?: boolean
}

/** The option that decides everything and changes nothing. */
export const rehearse = ['--dry-run', 'Say what would change, and change nothing.'] as const

/** A verb with the options that all have. */
export function verb(parent: Command, name: string, description: string): Command {
  return parent
    .command(name)
    .description(description)
    .helpOption('-h, --help', 'Show this help and end.')
    .option('--json', 'Print the result as JSON, one value on each line.')
    .option('--settings <path>', 'Read settings from a file too; the environment wins over it.')
}

/** A verb that only holds others. */
export function group(parent: Command, name: string, description: string): Command {
  return parent
    .command(name)
    .description(description)
    .helpOption('-h, --help', 'Show this help and end.')
    .helpCommand(false)
}

/** A whole number between two bounds, both allowed. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,16}$/u.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    throw new InvalidArgumentError(`It is a whole number from ${min} to ${max}.`)
  }
}

/** An id as a list shows it. */
export function uuidOf(thing: string): (text: string) => string {
  return (text) => {
    if (/^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/iu.test(text)) return text.toLowerCase()
    throw new InvalidArgumentError(`It is the id of a ${thing}, as the list shows it.`)
  }
}
