/**
 * `npm run demo`: tells the main job in a minute, against a running server or one of its own with data that is thrown
 * away, with an API of its own behind it. Whatever it started ends with it, also when a step fails.
 *
 *   --once        ends after the story: 0 where every step did what it must, else 1
 *   --url URL     uses the server at this address instead of starting one
 */

import { parseArgs } from 'node:util'
import { startApi } from './own-api.ts'
import { startServer } from './own-server.ts'
import { type Step, story } from './story.ts'

const usage = `Usage: npm run demo -- [--once] [--url URL]

  --once      End after the story: 0 where every step did what it must, else 1.
  --url URL   Use the server at this address instead of starting one. The demo registers a
              client for its API by the command line, with the settings of this folder, and
              disables it when it ends.
  --help      Show this help and end.
`

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
    process.stderr.write(`${wordsOf(error)}\n\n${usage}`)
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

/** Starts what the story needs, tells it, and ends everything again. The exit code. */
async function demo({ once = false, url }: { once?: boolean; url?: string }): Promise<number> {
  const interrupted = interruption()
  const closing: (() => Promise<void>)[] = []
  try {
    if (url !== undefined && !(await answers(url))) {
      throw new Error(`No server answers at ${url}. Start one with npm start.`)
    }
    const server = url === undefined ? await startServer() : undefined
    if (server !== undefined) closing.push(server.stop)
    const signet = url ?? server?.url ?? ''
    const { environment } = server ?? { environment: process.env }
    const api = await startApi({ signet, environment, lasting: server === undefined })
    closing.push(api.stop)
    process.stdout.write(`signet demo · Signet at ${signet} · an API behind it at ${api.url}\n`)
    const told = await tell(story(signet, api), interrupted)
    if (!told) return 1
    process.stdout.write('Every step did what it must.\n')
    if (!once && server !== undefined) {
      process.stdout.write(
        `Both stay up: the API reference is at ${signet}/docs/api. Ctrl-C stops them.\n`,
      )
      if (!interrupted.aborted)
        await new Promise((resolve) => interrupted.addEventListener('abort', resolve))
    }
    return 0
  } catch (error) {
    process.stderr.write(`${wordsOf(error)}\n`)
    return 1
  } finally {
    for (const close of closing.reverse()) {
      await close().catch((error: unknown) => process.stderr.write(`${wordsOf(error)}\n`))
    }
  }
}

/** Whether every step did what it must. The first that does not is the last that is told. */
async function tell(steps: Step[], interrupted: AbortSignal): Promise<boolean> {
  for (const { over, title, run } of steps) {
    if (interrupted.aborted) return false
    const started = performance.now()
    const outcome = await run().then(
      (words) => ({ ok: true, words }),
      (error: unknown) => ({ ok: false, words: wordsOf(error) }),
    )
    const ms = `${(performance.now() - started).toFixed(0)} ms`
    const mark = outcome.ok ? '✔' : '✘'
    const words = outcome.words.replaceAll('\n', '\n      ')
    process.stdout.write(
      `  ${mark} ${over.padEnd(4)}  ${title.padEnd(18)}${ms.padStart(7)}  ${words}\n`,
    )
    if (!outcome.ok) {
      process.stdout.write('A step failed; its own words are above.\n')
      return false
    }
  }
  return true
}

/** Ctrl-C ends the demo between two steps, so that what it started ends, too. */
function interruption(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => controller.abort())
  }
  return controller.signal
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

process.exitCode = await demo(readArguments())
