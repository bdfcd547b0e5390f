/** The app that a visitor comes from, by the request that travels with the pages, sealed (`oauth/sealed-request.ts`). */

import type { Deps } from '../deps.ts'
import type { SessionId } from '../ids.ts'
import type { AuthorizationRequest } from '../oauth/authorization-request.ts'
import { type ConsentQuestion, findAskingClient } from '../oauth/consents.ts'
import { askedAtMs, openSealedRequest, sealRequest } from '../oauth/sealed-request.ts'

export interface VisitingApp {
  client: ConsentQuestion['client']
  request: AuthorizationRequest
  /** When it asked first, in milliseconds since 1970: what it asked begins anew after an hour, and this does not. */
  askedAtMs: number
  /** The same request, sealed again, now that this session was chosen for it. */
  chosen(sessionId: SessionId): string
}

/** The app; undefined where the text is none that we sealed, or the client is gone. */
export async function findVisitingApp(
  deps: Pick<Deps, 'db' | 'masterSecret'>,
  sealed: string,
  now: Date,
): Promise<VisitingApp | undefined> {
  const request = openSealedRequest(deps, sealed, now)
  if (request === undefined) return undefined
  const client = await findAskingClient(deps, request)
  if (client === undefined) return undefined
  return {
    client,
    request,
    askedAtMs: askedAtMs(deps, sealed) ?? request.requestedAtMs,
    chosen: (chosenSession) => sealRequest(deps, { ...request, chosenSession }),
  }
}
