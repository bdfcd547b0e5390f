/** How a log line looks to a person: time, level, message, then what else is known, stacks below. */

import { styleText } from 'node:util'

const levels: Record<number, { word: string; style: Parameters<typeof styleText>[0] }> = {
  10: { word: 'trace', style: 'gray' },
  20: { word: 'debug', style: 'gray' },
  30: { word: 'info', style: 'green' },
  40: { word: 'warn', style: 'yellow' },
  50: { word: 'error', style: 'red' },
  60: { word: 'fatal', style: 'red' },
}

/** One JSON line of the logger, for a person. Colours where `colours` says so. */
export function readableLine(line: string, colours: boolean): string {
  const { level, time, msg, err, ...rest } = JSON.parse(line) as Record<string, unknown>
  const paint = (style: Parameters<typeof styleText>[0], text: string) =>
    colours ? styleText(style, text, { validateStream: false }) : text
  const { word, style } = levels[Number(level)] ?? { word: String(level), style: 'gray' }
  const clock = String(time).slice(11, 23)
  const facts = Object.entries(rest).map(([key, value]) => paint('gray', `${key}=${plain(value)}`))
  const head = [paint('gray', clock), paint(style, word.padEnd(5)), visible(String(msg ?? ''))]
  return `${[...head, ...facts].join(' ')}\n${err === undefined ? '' : errorLines(err, '  ')}`
}

function plain(value: unknown): string {
  return typeof value === 'string' && /^[\w.:/@-]+$/.test(value) ? value : JSON.stringify(value)
}

/** A message cannot move the cursor or forge a second line. */
function visible(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, (character) =>
    JSON.stringify(character).slice(1, -1),
  )
}

function errorLines(error: unknown, indent: string): string {
  if (typeof error !== 'object' || error === null) return `${indent}${plain(error)}\n`
  const { type, message, stack, cause } = error as Record<string, unknown>
  const lines = String(stack ?? `${type}: ${message}`).split('\n')
  const own = lines
    .map((line) => `${indent}${/^\s/.test(line) ? '  ' : ''}${visible(line.trim())}\n`)
    .join('')
  return cause === undefined
    ? own
    : `${own}${indent}because of\n${errorLines(cause, `${indent}  `)}`
}
