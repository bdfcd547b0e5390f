/**
 * An authorization request on its way through pages: sealed, so that it comes back as it was judged, and kept by nobody.
 *
 * A pending authorization is nothing but this text in the person's browser. A million of them cost nothing, none is lost when
 * a process ends, and two tabs never cross. It is no secret: what stands in it came in the address of the page.
 *
 * After an hour what it prompts for must happen again: it starts anew in place, with the same request.
 */

import { seal, unseal } from '../crypto/seal.ts'
import type { Deps } from '../deps.ts'
import type { AuthorizationRequest } from './authorization-request.ts'

const freshMs = 60 * 60 * 1000
const purpose = 'authorization request'

type SealDeps = Pick<Deps, 'masterSecret'>

/** The text that stands for a request. */
export function sealRequest(deps: SealDeps, request: AuthorizationRequest): string {
  return seal(deps, purpose, request)
}

/** The request; undefined where the text is not one that we sealed. One from before the hour is as if it came now. */
export function openSealedRequest(
  deps: SealDeps,
  text: string,
  now: Date,
): AuthorizationRequest | undefined {
  const request = unseal(deps, purpose, text) as AuthorizationRequest | undefined
  if (request === undefined) return undefined
  if (now.getTime() - request.requestedAtMs <= freshMs) return request
  const { chosenSession: _, ...again } = request
  return { ...again, requestedAtMs: now.getTime() }
}

/** When the app asked first, however long ago; undefined where the text is not one that we sealed. */
export function askedAtMs(deps: SealDeps, text: string): number | undefined {
  return (unseal(deps, purpose, text) as AuthorizationRequest | undefined)?.requestedAtMs
}
