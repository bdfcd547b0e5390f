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

const usage = `Usage: npm run demo -- [--once] [--url URL]

  --once      End after the story: 0 where every step did what it must, else 1.
  --url URL   Use the server at this address instead of starting one.
  --help      Show this help and end.
`

const values = readArguments()

function readArguments(): { once?: boolean; url?: string } {
  const options = {
    once: { type: 'boolean' },
    url: { type: 'string' },
    help: { type: 'boolean' },
  } as const
  try {
    const { values: read } = parseArgs({ options })
    if (!read.help) return read
    process.stdout.write(usage)
    process.exit(0)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${usage}`)
    process.exit(2)
  }
}

async function answers(url: string): Promise<boolean> {
  const probe = URL.parse('/livez', url)
  if (probe === null) return false
  return fetch(probe).then(
    () => true,
    () => false,
  )
}

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

if (values.url !== undefined && !(await answers(values.url))) {
  process.stderr.write(`No server answers at ${values.url}. Start one with npm start.\n`)
  process.exit(1)
}
const server =
  values.url === undefined
    ? await startServer().catch((error: Error) => {
        process.stderr.write(`${error.message}\n`)
        process.exit(1)
      })
    : undefined
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
