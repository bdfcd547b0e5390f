/** What a counter is kept under: a keyed hash, so that the tables name nobody, and nobody who reads them can find whom they count. */

import { createHmac } from 'node:crypto'
import type { MasterSecret } from '../crypto/master-secret.ts'

/** What is counted: each purpose has a key of its own. */
type Purpose = 'guess counters' | 'mail requests' | 'text messages'

/** The key of the counter of these parts. Parts of different lists are never the same key. */
export function counterKey(
  masterSecret: MasterSecret,
  purpose: Purpose,
  ...parts: string[]
): Buffer {
  return createHmac('sha256', masterSecret.derive(purpose)).update(JSON.stringify(parts)).digest()
}
