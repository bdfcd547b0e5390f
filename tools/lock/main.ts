/** Completes package-lock.json after `npm install`; with --check, only says what is missing and exits 1. */

import { readFile, writeFile } from 'node:fs/promises'
import { completeLock, findMissing, type Lock } from './complete-lock.ts'

const file = new URL('../../package-lock.json', import.meta.url)
const lock = JSON.parse(await readFile(file, 'utf8')) as Lock
const missing = findMissing(lock)

if (process.argv.includes('--check')) {
  for (const { name, version } of missing) process.stdout.write(`${name}@${version} is missing\n`)
  if (missing.length > 0) {
    process.stdout.write('package-lock.json is not complete. Run: npm run lock\n')
    process.exitCode = 1
  }
} else {
  await writeFile(file, `${JSON.stringify(completeLock(lock), null, 2)}\n`)
  process.stdout.write(`package-lock.json: ${missing.length} platform packages added\n`)
}
