/**
 * `npm run demo`: tells the main job in a minute, against a running server or one of its own with data that is thrown
 * away.
 *
 *   --once        ends after the story: 0 where every step did what it must, else 1
 *   --url URL     uses the server at this address instead of starting one
 */

import { parseArgs } from 'node:util'
import { startServer } from './own-server.ts'
import { story } from './story.ts'

const { values } = parseArgs({ options: { once: { type: 'boolean' }, url: { type: 'string' } } })

async function tell(url: string): Promise<boolean> {
  for (const { wire, title, run } of story(url)) {
    const started = performance.now()
    const outcome = await run().then(
      (words) => ({ ok: true, words }),
      (error: unknown) => ({
        ok: false,
        words: error instanceof Error ? error.message : String(error),
      }),
    )
    const ms = `${(performance.now() - started).toFixed(0)} ms`
    process.stdout.write(
      `  ${outcome.ok ? '✔' : '✘'} ${wire}  ${title.padEnd(17)}${ms.padStart(7)}  ${outcome.words}\n`,
    )
    if (!outcome.ok) return false
  }
  return true
}

const server = values.url === undefined ? await startServer() : undefined
const url = values.url ?? server?.url ?? ''
process.stdout.write(`signet demo · ${url}\n`)
const told = await tell(url)
process.stdout.write(
  told ? 'Every step did what it must.\n' : 'A step failed; its own words are above.\n',
)
process.exitCode = told ? 0 : 1

if (server !== undefined) {
  if (!values.once && told) {
    process.stdout.write(
      `The server stays up: the API reference is at ${url}/docs/api. Ctrl-C stops it.\n`,
    )
    await new Promise<void>((resolve) => {
      process.once('SIGINT', resolve)
      process.once('SIGTERM', resolve)
    })
  }
  await server.stop()
}
