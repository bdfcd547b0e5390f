/**
 * What travels through a person's browser and must come back as it was judged: sealed, and kept by nobody. It is no secret to
 * whoever holds the text. What was sealed for one purpose is nothing for another.
 */

import { createHmac, timingSafeEqual } from 'node:crypto'
import { decodeBase64url } from './base64url.ts'
import type { MasterSecret } from './master-secret.ts'

const macBytes = 16
const textLengthMax = 12_000

interface SealDeps {
  masterSecret: MasterSecret
}

/** The text that stands for a value. */
export function seal(deps: SealDeps, purpose: string, value: object): string {
  const payload = Buffer.from(JSON.stringify(value))
  return Buffer.concat([macOf(deps, purpose, payload), payload]).toString('base64url')
}

/** The value; undefined where the text is not one that was sealed here for this purpose. */
export function unseal(deps: SealDeps, purpose: string, text: string): unknown {
  if (text.length > textLengthMax) return undefined
  const bytes = decodeBase64url(text)
  if (bytes === undefined || bytes.length <= macBytes) return undefined
  const payload = bytes.subarray(macBytes)
  if (!timingSafeEqual(bytes.subarray(0, macBytes), macOf(deps, purpose, payload))) return undefined
  return JSON.parse(payload.toString('utf8'))
}

function macOf({ masterSecret }: SealDeps, purpose: string, payload: Buffer): Buffer {
  return createHmac('sha256', masterSecret.derive(purpose))
    .update(payload)
    .digest()
    .subarray(0, macBytes)
}
