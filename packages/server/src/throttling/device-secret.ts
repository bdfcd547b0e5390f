/**
 * Device secrets: what a device is given at a sign-in, and proves at the next one that it was here before. It opens
 * nothing; it only gives the device attempts of its own. The installation id is no such proof: anyone can claim it.
 */

import { hash, randomBytes } from 'node:crypto'

const prefix = 'sd1_'
const secretBytes = 32

/** A secret that nobody can guess. */
export function makeDeviceSecret(): string {
  return prefix + randomBytes(secretBytes).toString('base64url')
}

/** What is stored of it: SHA-256 is enough, because there are 256 random bits to find. */
export function hashDeviceSecret(secret: string): Buffer {
  return hash('sha256', secret, 'buffer')
}
