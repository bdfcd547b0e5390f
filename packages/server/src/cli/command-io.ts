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
      stdout.write(`${visible(json ? JSON.stringify(value, bigintAsNumber) : text)}\n`)
    },
    note(text) {
      stderr.write(`${visible(text)}\n`)
    },
    heading: (text) => styleText('bold', text, { stream: stdout }),
  }
}

/** What moves a cursor, breaks a line or turns the direction of writing; a style is matched whole. */
const unsafe = /\p{Cc}(?:\[\d+m)?|[\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu

/** The styles of this command line: bold and red, on and off. */
const styles = new Set([1, 22, 31, 39].map((style) => `\u001b[${style}m`))

/** The text as a terminal may show it, whoever wrote parts of it. JSON stays the same JSON. */
function visible(text: string): string {
  return text.replace(unsafe, (found) => {
    if (styles.has(found) || found.startsWith('\n')) return found
    return `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}${found.slice(1)}`
  })
}

/** Sequence numbers are far below 2^53, so a plain number is exact. */
function bigintAsNumber(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value
}
