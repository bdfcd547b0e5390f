/**
 * An authorization request on its way through pages: sealed, so that it comes back as it was judged, and kept by nobody.
 *
 * A pending authorization is nothing but this text in the person's browser. A million of them cost nothing, none is lost when
 * a process ends, and two tabs never cross. It is no secret: what stands in it came in the address of the page.
 *
 * After an hour what it prompts for must happen again: it starts anew in place, with the same request.
 */

import { createHmac, timingSafeEqual } from 'node:crypto'
import { decodeBase64url } from '../crypto/base64url.ts'
import type { Deps } from '../deps.ts'
import type { AuthorizationRequest } from './authorization-request.ts'

const freshMs = 60 * 60 * 1000
const macBytes = 16
const textLengthMax = 12_000

type SealDeps = Pick<Deps, 'masterSecret'>

/** The text that stands for a request. */
export function sealRequest(deps: SealDeps, request: AuthorizationRequest): string {
  const payload = Buffer.from(JSON.stringify(request))
  return Buffer.concat([macOf(deps, payload), payload]).toString('base64url')
}

/** The request; undefined where the text is not one that we sealed. One from before the hour is as if it came now. */
export function openSealedRequest(
  deps: SealDeps,
  text: string,
  now: Date,
): AuthorizationRequest | undefined {
  if (text.length > textLengthMax) return undefined
  const bytes = decodeBase64url(text)
  if (bytes === undefined || bytes.length <= macBytes) return undefined
  const payload = bytes.subarray(macBytes)
  if (!timingSafeEqual(bytes.subarray(0, macBytes), macOf(deps, payload))) return undefined
  const request = JSON.parse(payload.toString('utf8')) as AuthorizationRequest
  if (now.getTime() - request.requestedAtMs <= freshMs) return request
  const { chosenSession: _, ...again } = request
  return { ...again, requestedAtMs: now.getTime() }
}

function macOf({ masterSecret }: SealDeps, payload: Buffer): Buffer {
  const key = masterSecret.derive('authorization request')
  return createHmac('sha256', key).update(payload).digest().subarray(0, macBytes)
}
