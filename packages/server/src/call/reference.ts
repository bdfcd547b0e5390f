/**
 * Request references: 60 random bits as 12 characters of Crockford's base32, such as `7K3Q-90XD-2M1B`. Short
 * enough to read over the telephone, without I, L, O and U.
 */

import { randomFillSync } from 'node:crypto'

const alphabet = Buffer.from('0123456789ABCDEFGHJKMNPQRSTVWXYZ')
const dash = 0x2d
const length = 14
const drawnAtOnce = 256

/** A source of references. It draws them in bulk, because every request takes one. */
export function createReferences(): () => string {
  const bytes = Buffer.alloc(drawnAtOnce * length)
  let drawn = ''
  let used = 0
  return () => {
    if (used === drawn.length) {
      drawn = drawInto(bytes)
      used = 0
    }
    used += length
    return drawn.slice(used - length, used)
  }
}

/** One reference after the other. */
function drawInto(bytes: Buffer): string {
  randomFillSync(bytes)
  for (let index = 0; index < bytes.length; index += 1) {
    const place = index % length
    bytes[index] = place === 4 || place === 9 ? dash : (alphabet[(bytes[index] ?? 0) & 31] ?? 0)
  }
  return bytes.toString('latin1')
}
