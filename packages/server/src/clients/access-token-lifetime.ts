/** How long access tokens of a client live: what its record says, within what the installation allows. */

import type { Config } from '../config/config.ts'

type Allowed = Pick<Config, 'accessTokenLifetimeSeconds'>

/** What a client's record says of its access tokens; where it says nothing, the installation decides. */
interface TokenLifetime {
  accessTokenLifetimeSeconds?: number | null | undefined
}

/** The longest access token that a client gets, in seconds. */
export function lifetimeOf(config: Allowed, client: TokenLifetime): number {
  return ownLifetimeOf(config, client) ?? config.accessTokenLifetimeSeconds
}

/** The same where the record says something, else null. */
export function ownLifetimeOf(
  { accessTokenLifetimeSeconds: max }: Allowed,
  { accessTokenLifetimeSeconds: seconds }: TokenLifetime,
): number | null {
  return seconds === null || seconds === undefined ? null : Math.min(seconds, max)
}
