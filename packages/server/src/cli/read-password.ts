/**
 * The password for a new account: asked for at a terminal, twice and unseen, or read from a file or standard input.
 * Never from an argument, because every user of the machine can read those.
 */

import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { readSmallFile, shownPath } from '../config/small-file.ts'
import { CommandError } from './command-error.ts'
import type { CommandIo } from './command-io.ts'
import { exitCodes } from './exit-codes.ts'

/** Where the operator says that the password is. */
export interface PasswordSource {
  passwordFile?: string
  passwordStdin?: boolean
}

const bytesMax = 4096

/** The password. One line break at the end of a file or of standard input is not part of it. */
export async function readPassword(io: CommandIo, source: PasswordSource): Promise<string> {
  if (source.passwordFile !== undefined) {
    const text = readSmallFile(source.passwordFile, process.cwd())
    if ('value' in text) return withoutLineBreak(text.value)
    const shown = shownPath(source.passwordFile, process.cwd())
    throw new CommandError(`The option --password-file ${shown} ${text.wrong}.`, {
      code: 'PASSWORD_FILE',
      fix: `${text.fix.charAt(0).toUpperCase()}${text.fix.slice(1)}.`,
      exitCode: /not readable|may not enter/u.test(text.wrong)
        ? exitCodes.noPermission
        : exitCodes.failed,
    })
  }
  if (source.passwordStdin) return withoutLineBreak(await readAll(io))
  if (!io.interactive) {
    throw new CommandError('There is no terminal to ask for a password.', {
      code: 'PASSWORD_MISSING',
      fix: 'Give --password-file with a path, or --password-stdin and the password on standard input.',
      exitCode: exitCodes.usage,
    })
  }
  const password = await ask(io, 'Password: ')
  if ((await ask(io, 'The same again: ')) === password) return password
  throw new CommandError('The two passwords are not the same.', {
    code: 'PASSWORDS_DIFFER',
    fix: 'Run the command again and type it twice.',
  })
}

function withoutLineBreak(text: string): string {
  return text.replace(/\r?\n$/u, '')
}

/** Everything that comes on standard input, up to a bound. */
export async function readAll(io: CommandIo): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of io.input) {
    chunks.push(Buffer.from(chunk))
    bytes += chunk.length
    if (bytes > bytesMax) {
      throw new CommandError(`Standard input holds more than ${bytesMax} bytes.`, {
        code: 'PASSWORD_TOO_LONG',
        fix: 'Send the password and nothing else.',
      })
    }
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** Asks without showing what is typed. */
async function ask(io: CommandIo, question: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: io.input, output: nowhere, terminal: true })
  // Only from here on the terminal does not show what is typed.
  io.prompts.write(question)
  try {
    return await new Promise<string>((resolve, reject) => {
      const stop = () =>
        reject(
          new CommandError('Nothing was changed.', {
            code: 'STOPPED',
            fix: 'Run the command again when you are ready.',
          }),
        )
      lines.once('line', resolve)
      lines.once('SIGINT', stop)
      lines.once('close', stop)
    })
  } finally {
    lines.close()
    io.prompts.write('\n')
  }
}
