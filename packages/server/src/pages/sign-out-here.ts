/** Signs people out in this browser, whichever page it is that they leave by. */

import { ownClientId } from '../clients/own-client.ts'
import type { Deps } from '../deps.ts'
import type { ClientId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import { type BrowserSession, browserCookies } from '../sessions/browser-session.ts'
import { forgetEmail } from './typed-email.ts'
import type { Visit } from './visit.ts'
import { forgetClaim } from './watched-claim.ts'

/** Who leaves, and by which client; left out, by these pages. */
interface Leaving {
  visit: Visit
  leaving: readonly BrowserSession[]
  clientId?: ClientId | undefined
}

/** Ends sessions of this browser. Answers those that are left, and the cookies that hold them. */
export async function signOutHere(
  { config, sessionEnds }: Pick<Deps, 'config' | 'sessionEnds'>,
  ctx: RequestContext,
  { visit, leaving, clientId = ownClientId }: Leaving,
): Promise<{ kept: BrowserSession[]; setCookies: string[] }> {
  const ends = leaving.map(({ sessionId, userId }) =>
    sessionEnds.end(ctx, {
      sessionId,
      userId,
      clientId,
      actorId: userId,
      reason: 'signed_out',
    }),
  )
  await Promise.all(ends)
  const kept = visit.sessions.filter((session) => !leaving.includes(session))
  return {
    kept,
    setCookies: [...browserCookies(config, kept), forgetEmail(visit), forgetClaim(visit)],
  }
}
