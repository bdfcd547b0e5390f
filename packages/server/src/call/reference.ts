/**
 * Request references: 60 random bits as 12 characters of Crockford's base32, such as `7K3Q-90XD-2M1B`. Short
 * enough to read over the telephone, without I, L, O and U.
 */

import { randomFillSync } from 'node:crypto'

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const characters = 12
const poolBytes = characters * 256

/** A source of references. It draws random bytes in bulk, because every request takes one. */
export function createReferences(): () => string {
  const pool = Buffer.alloc(poolBytes)
  let used = poolBytes
  return () => {
    if (used === poolBytes) {
      randomFillSync(pool)
      used = 0
    }
    let reference = ''
    for (let i = 0; i < characters; i++) {
      if (i === 4 || i === 8) reference += '-'
      reference += alphabet[(pool[used + i] ?? 0) & 31]
    }
    used += characters
    return reference
  }
}
