/** `npm run check`: the fast part of `npm test`. Exits 1 where anything is wrong. */

import { runChecks } from './run-checks.ts'

process.chdir(new URL('../..', import.meta.url).pathname)
process.exitCode = (await runChecks()) ? 0 : 1
