/** Frees what nobody holds any more, so that a test can say how much somebody does. */

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

/** Megabytes that are in use after a collection: objects, and buffers outside the heap. */
export function megabytesInUse(): number {
  gc()
  gc()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return (heapUsed + arrayBuffers) / 1e6
}
