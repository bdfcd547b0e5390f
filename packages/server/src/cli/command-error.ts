/** A command that cannot do what it was asked: what happened, and what to do next. */

import { type ExitCode, exitCodes } from './exit-codes.ts'

interface CommandErrorOptions {
  /** A stable name for programs, such as `NOT_FOUND`. */
  code: string
  /** What to do next, as a sentence. */
  fix: string
  exitCode?: ExitCode
  cause?: unknown
}

/** Thrown by commands; told to the person, and as JSON where that was asked for. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly code: string
  readonly fix: string
  readonly exitCode: ExitCode

  constructor(message: string, options: CommandErrorOptions) {
    super(message, { cause: options.cause })
    this.code = options.code
    this.fix = options.fix
    this.exitCode = options.exitCode ?? exitCodes.failed
  }
}

/** There is none of this name; `fix` says where to see which there are. */
export function noSuch(what: string, name: string, fix: string): CommandError {
  return new CommandError(`There is no ${what} ${JSON.stringify(name)}.`, {
    code: 'NOT_FOUND',
    fix,
  })
}
