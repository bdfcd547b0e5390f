/** The client that Signet's own apps and command line are. The first migration registers it. */

import type { ClientId } from '../ids.ts'

export const ownClientId = 'signet' as ClientId
