/** What pages need of the authorization request that waits for them; what is in it is the protocol's business. */

import type { Deps } from '../deps.ts'
import type { SessionId } from '../ids.ts'

export interface PendingRequest {
  /** Of the client. */
  name: string
  redirectUri: string
  loginHint?: string
  uiLocales: readonly string[]
}

export interface PendingRequests {
  /** The request behind a sealed text; undefined where it is none of ours. */
  find(
    deps: Pick<Deps, 'db' | 'masterSecret'>,
    sealed: string,
    now: Date,
  ): Promise<PendingRequest | undefined>
  /** The same request, sealed again, once a session was chosen for it. */
  choose(deps: Pick<Deps, 'masterSecret'>, request: PendingRequest, sessionId: SessionId): string
}

/** No app has sent anybody. */
export const noRequests: PendingRequests = {
  find: async () => undefined,
  choose: () => '',
}
