/**
 * `npm run build`: builds the program from the sources as they are. `npm start` does it by itself after a change of the sources.
 *
 * Exit code 1 says that it could not be built, and why; the sources run all the same, only slower.
 */

import { buildProgram } from './build.ts'

try {
  process.stdout.write(`${await buildProgram()}\n`)
} catch (error) {
  process.stderr.write(`The program could not be built: ${(error as Error).message}\n`)
  process.exitCode = 1
}
