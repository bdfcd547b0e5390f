#!/usr/bin/env node
/**
 * The way into `signet`: the program as it was built from these sources, else the sources themselves.
 *
 * What was compiled once need not be compiled at the next start. This file is plain JavaScript, because the memory of that has
 * to be open before the first file that gains by it. A folder that cannot be written is no reason not to start.
 */

import { existsSync, utimes } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { builtFrom } from './built-program.js'

enableCompileCache(join(import.meta.dirname, '../../../node_modules/.cache/signet'))
const built = builtFrom()
if (built !== undefined && existsSync(built.program)) {
  stayInUse(built.folder)
  await import(pathToFileURL(built.program).href)
} else await import('../src/cli/main.ts')

/** What is loaded on first use is still to be read. A folder that nobody has used for a week may be removed. */
function stayInUse(folder) {
  const touch = () => utimes(folder, new Date(), new Date(), () => {})
  touch()
  setInterval(touch, 60 * 60 * 1000).unref()
}
