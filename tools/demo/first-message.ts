/** What a process says of itself when it is ready, among its log lines. */

import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/**
 * The text under `key` in the first line of its output that is JSON with such a text: warnings may come before it.
 * Undefined where the process ends, or closes its output, first. `said` is the end of everything that it wrote by then.
 */
export async function firstMessage(
  child: ChildProcess,
  key: string,
): Promise<{ message: string | undefined; said: string }> {
  const { stdout, stderr } = child
  if (stdout === null || stderr === null) throw new TypeError('its output is not piped')
  let said = ''
  const hear = (text: string) => {
    said = (said + text).slice(-10_000)
  }
  stderr.setEncoding('utf8').on('data', hear)
  const lines = createInterface(stdout)
  const found = new Promise<string>((resolve) => {
    lines.on('line', (line) => {
      hear(`${line}\n`)
      const text = textUnder(key, line)
      if (text !== undefined) resolve(text)
    })
  })
  const message = await Promise.race([found, once(child, 'close').then(() => undefined)])
  return { message, said }
}

function textUnder(key: string, line: string): string | undefined {
  try {
    const value = (JSON.parse(line) as Record<string, unknown> | null)?.[key]
    return typeof value === 'string' ? value : undefined
  } catch {
    return undefined
  }
}
