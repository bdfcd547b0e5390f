#!/usr/bin/env node
/**
 * The way into `signet`: the program as it was built from these sources, else the sources themselves.
 *
 * What was compiled once need not be compiled at the next start. This file is plain JavaScript, because the memory of that has
 * to be open before the first file that gains by it. A folder that cannot be written is no reason not to start.
 */

import { existsSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { builtFrom } from './built-program.js'

enableCompileCache(join(import.meta.dirname, '../../../node_modules/.cache/signet'))
const { program } = builtFrom()
await import(existsSync(program) ? pathToFileURL(program).href : '../src/cli/main.ts')
