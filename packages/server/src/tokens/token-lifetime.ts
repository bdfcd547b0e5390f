/** How long access tokens live, and for how long others may keep what verifies them. */

import type { Config } from '../config/config.ts'

/** What a client's record says of its access tokens; where it says nothing, the installation decides. */
interface TokenLifetime {
  accessTokenLifetimeSeconds?: number | null | undefined
}

/** How long others may keep the published key set, in seconds. A new key is published for at least this long before it signs. */
export const keySetLifetimeSeconds = 300

/** The longest access token that a client gets, in seconds: what its record says, within what the installation allows. */
export function lifetimeOf(
  { accessTokenLifetimeSeconds: max }: Pick<Config, 'accessTokenLifetimeSeconds'>,
  { accessTokenLifetimeSeconds }: TokenLifetime,
): number {
  return Math.min(accessTokenLifetimeSeconds ?? max, max)
}
