/**
 * What a command says, and where: results on standard output, notes on standard error, as text for people or as one
 * line of JSON for programs.
 */

import type { ReadStream, WriteStream } from 'node:tty'
import { styleText } from 'node:util'

/** How a command speaks with whoever called it. */
export interface CommandIo {
  /** Whether results are wanted as JSON. */
  readonly json: boolean
  readonly input: ReadStream
  /** Where prompts are shown: never standard output, which may be piped. */
  readonly prompts: WriteStream
  /** Whether somebody sits at a terminal who can be asked. */
  readonly interactive: boolean
  /** Says a result: `value` as one line of JSON, or `text` for people. */
  result(value: unknown, text: string): void
  /** Says what goes on. It is no part of the result, and comes in no fixed form. */
  note(text: string): void
  /** A heading for people; bold where the terminal can and `NO_COLOR` does not forbid it. */
  heading(text: string): string
}

interface Streams {
  stdin: ReadStream
  stdout: WriteStream
  stderr: WriteStream
}

/** The way of speaking of this process. */
export function openCommandIo({ stdin, stdout, stderr }: Streams, json: boolean): CommandIo {
  return {
    json,
    input: stdin,
    prompts: stderr,
    interactive: stdin.isTTY === true && stderr.isTTY === true,
    result(value, text) {
      stdout.write(`${json ? JSON.stringify(value, bigintAsNumber) : text}\n`)
    },
    note(text) {
      stderr.write(`${text}\n`)
    },
    heading: (text) => styleText('bold', text, { stream: stdout }),
  }
}

/** Sequence numbers are far below 2^53, so a plain number is exact. */
function bigintAsNumber(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value
}
