/**
 * The fast checks, side by side: format and lint, types, dead code, the rules of the house, a complete lock, current
 * generated files. Each prints one line; one that fails prints what is wrong and how to mend it.
 */

import { spawn, spawnSync } from 'node:child_process'
import { glob, readFile } from 'node:fs/promises'
import { findMissing, type Lock } from '../lock/complete-lock.ts'
import { type Source, tidyFile, undocumentedDependencies } from './tidy.ts'

interface Outcome {
  ok: boolean
  output: string
}

interface Check {
  name: string
  run(): Promise<Outcome>
  /** What to do when it fails. */
  remedy: string
}

const checks: Check[] = [
  {
    name: 'format and lint',
    run: () => command('node_modules/@biomejs/biome/bin/biome', ['ci', '--colors=off', '.']),
    remedy: 'npx biome check --write .',
  },
  {
    name: 'types',
    run: () => command('node_modules/typescript/bin/tsc', ['-p', '.']),
    remedy: 'mend the types',
  },
  {
    name: 'dead code',
    run: () => command('node_modules/knip/bin/knip.js', ['--no-progress']),
    remedy: 'remove it, or use it',
  },
  { name: 'tidy', run: tidy, remedy: 'the rules are in tools/check' },
  { name: 'lock complete', run: lockComplete, remedy: 'npm run lock' },
  {
    name: 'generated files',
    run: () => command('tools/generate/main.ts', ['--check']),
    remedy: 'npm run generate',
  },
  {
    name: 'contract compatible',
    run: contractCompatible,
    remedy: 'add fields and methods instead; what was released stays',
  },
]

function command(script: string, args: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString()
      })
    }
    child.on('error', (error) => resolve({ ok: false, output: error.message }))
    child.on('close', (code) => resolve({ ok: code === 0, output }))
  })
}

async function tidy(): Promise<Outcome> {
  const sentences: string[] = []
  for await (const path of glob('{packages,tests,tools,bench}/**/*.{ts,mjs,sql}', {
    exclude: (name) => name === 'node_modules' || name === 'dist',
  })) {
    const source: Source = { path: path.replaceAll('\\', '/'), text: await readFile(path, 'utf8') }
    sentences.push(...tidyFile(source))
  }
  const manifests = ['package.json', 'bench/package.json']
  for await (const manifest of glob('packages/*/package.json')) manifests.push(manifest)
  sentences.push(...(await undocumentedDependencies(manifests)))
  return { ok: sentences.length === 0, output: sentences.join('\n') }
}

/** Nothing that the last release promised is gone. Before the first release there is nothing to keep. */
async function contractCompatible(): Promise<Outcome> {
  const { status, stdout } = spawnSync('git', ['describe', '--tags', '--abbrev=0', '--match=v*'], {
    encoding: 'utf8',
  })
  if (status !== 0) return { ok: true, output: '' }
  return command('tools/generate/main.ts', ['--breaking-since', stdout.trim()])
}

async function lockComplete(): Promise<Outcome> {
  const lock = JSON.parse(await readFile('package-lock.json', 'utf8')) as Lock
  const missing = findMissing(lock)
  return {
    ok: missing.length === 0,
    output: missing.map(({ name }) => `${name} has no entry`).join('\n'),
  }
}

/** Runs all checks at once and prints the outcome of each. True where every one passed. */
export async function runChecks(): Promise<boolean> {
  const outcomes = await Promise.all(
    checks.map(async ({ name, run, remedy }) => {
      const started = performance.now()
      const { ok, output } = await run()
      const seconds = ((performance.now() - started) / 1000).toFixed(1)
      process.stdout.write(`${ok ? 'ok  ' : 'FAIL'}  ${name} (${seconds} s)\n`)
      if (!ok) process.stdout.write(`${output.trimEnd()}\n→ ${remedy}\n\n`)
      return ok
    }),
  )
  return outcomes.every(Boolean)
}
