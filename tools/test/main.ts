/**
 * Everything that checks: the fast checks, then every test against one real Postgres. Ends with the runner's own
 * summary; a run of no tests is a failure.
 *
 * Usage: npm test [-- TEXT ...]   only the test files whose path contains one of the texts, without the fast checks
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { glob, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startTestPostgres } from '../../packages/server/src/testing/postgres.ts'
import {
  chromium,
  findProgram,
  redisServer,
} from '../../packages/server/src/testing/system-program.ts'
import { runChecks } from '../check/run-checks.ts'

const filesAtOnce = 3
const testTimeoutMs = 300_000
/** A file whose set-up fails may leave open what keeps its process alive; nothing would ever end it. */
const silenceMaxMs = testTimeoutMs + 60_000

async function testFiles(texts: string[]): Promise<string[]> {
  const files: string[] = []
  for await (const file of glob('{packages,tests,tools,bench}/**/*.test.ts', {
    exclude: (name) => name === 'node_modules',
  })) {
    if (texts.length === 0 || texts.some((text) => file.includes(text))) files.push(file)
  }
  return files.sort()
}

/** Runs the files and tells how many tests the runner counted, and how the runner ended. */
async function runTests(files: string[], environment: NodeJS.ProcessEnv) {
  const child = spawn(
    process.execPath,
    [
      '--test',
      '--test-reporter=spec',
      `--test-concurrency=${filesAtOnce}`,
      `--test-timeout=${testTimeoutMs}`,
      ...files,
    ],
    { env: environment, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  let tail = ''
  let silence = endWhenSilent(child)
  child.stdout.on('data', (chunk: Buffer) => {
    clearTimeout(silence)
    silence = endWhenSilent(child)
    process.stdout.write(chunk)
    tail = (tail + chunk.toString('latin1')).slice(-100_000)
  })
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? 1))
  })
  clearTimeout(silence)
  return {
    exitCode,
    count: Number(/tests (\d+)/.exec(tail.slice(tail.lastIndexOf(' tests ') - 5))?.[1] ?? 0),
  }
}

/** The runner ends its files when it is interrupted, and says which they were. */
function endWhenSilent(child: ChildProcess): NodeJS.Timeout {
  return setTimeout(() => {
    const minutes = silenceMaxMs / 60_000
    process.stderr.write(`No test has ended for ${minutes} minutes: the run is interrupted.\n`)
    child.kill('SIGINT')
  }, silenceMaxMs)
}

async function main(texts: string[]): Promise<number> {
  const files = await testFiles(texts)
  if (files.length === 0) {
    process.stderr.write('No test file matches. A run of no tests is a failure.\n')
    return 1
  }
  if (texts.length === 0 && !(await runChecks())) return 1

  // Before anything runs: tests that need one of them would install it at the same time.
  if (texts.length === 0) for (const program of [chromium, redisServer]) await findProgram(program)

  const directory = await mkdtemp(join(tmpdir(), 'signet-test-'))
  const postgres = await startTestPostgres(directory)
  try {
    const environment = { ...process.env, SIGNET_TEST_POSTGRES: JSON.stringify(postgres.address) }
    const { exitCode, count } = await runTests(files, environment)
    if (exitCode === 0 && count === 0) {
      process.stderr.write('The runner counted no tests. A run of no tests is a failure.\n')
      return 1
    }
    return exitCode
  } finally {
    await postgres.stop()
    await rm(directory, { recursive: true, force: true })
  }
}

process.chdir(new URL('../..', import.meta.url).pathname)
process.exitCode = await main(process.argv.slice(2))
