/**
 * Random bytes for identifiers: nobody can guess the next one, but they are no secrets, because everybody gets to see them. They
 * are drawn in bulk, since every token and every row takes some. Secrets and keys are drawn alone, by `randomBytes`.
 */

import { randomFillSync } from 'node:crypto'

const pool = Buffer.alloc(8192)
let used = pool.length

/** So many new bytes, a few dozen at the most. */
export function uniqueBytes(length: number): Buffer {
  if (used + length > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += length
  return Buffer.from(pool.subarray(used - length, used))
}
