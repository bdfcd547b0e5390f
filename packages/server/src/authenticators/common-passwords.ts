/**
 * Whether a password is one of those that many people use, or one of them with the usual decorations.
 *
 * The list is a file of sorted fingerprints (common-passwords/README.md says where it comes from), so that the repository
 * holds no passwords and the process 0.3 MB. It is read when the first password is chosen.
 */

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** 40 bits: a password that is not on the list is taken for one that is once in 20 million times. */
export const fingerprintBytes = 5

/** The fingerprint under which a password stands in the list; letter case does not matter. */
export function commonPasswordFingerprint(password: string): Buffer {
  const folded = password.normalize('NFC').toLowerCase()
  return createHash('sha256').update(folded).digest().subarray(0, fingerprintBytes)
}

/**
 * Whether the password is common as it is, with digits and signs for letters ("p@ssw0rd"), or followed by digits and
 * signs that are at most half of it ("monkey2024!").
 */
export function isCommonPassword(password: string): boolean {
  const lower = password.toLowerCase()
  return [lower, withoutDecoration(lower)]
    .flatMap((candidate) => [candidate, ...withLettersForSigns(candidate)])
    .some(isListed)
}

/** What people write for letters, read both ways where it is not clear which letter is meant. */
export function withLettersForSigns(password: string): string[] {
  const letters = password.replaceAll(/[@4035$7!|89]/g, (sign) => letterOf[sign] ?? sign)
  return [letters.replaceAll('1', 'i'), letters.replaceAll('1', 'l')]
}

const letterOf: Readonly<Record<string, string>> = {
  '@': 'a',
  '4': 'a',
  '0': 'o',
  '3': 'e',
  '5': 's',
  $: 's',
  '7': 't',
  '!': 'i',
  '|': 'l',
  '8': 'b',
  '9': 'g',
}

function withoutDecoration(password: string): string {
  const word = password.replace(/[^\p{L}\p{M}]+$/u, '')
  return word.length * 2 >= password.length ? word : password
}

function isListed(password: string): boolean {
  const wanted = commonPasswordFingerprint(password).readUIntBE(0, fingerprintBytes)
  const list = fingerprints()
  let low = 0
  let high = list.length / fingerprintBytes
  while (low < high) {
    const middle = (low + high) >>> 1
    const found = list.readUIntBE(middle * fingerprintBytes, fingerprintBytes)
    if (found === wanted) return true
    if (found < wanted) low = middle + 1
    else high = middle
  }
  return false
}

const fingerprints = once(() =>
  readFileSync(new URL('./common-passwords/fingerprints.bin', import.meta.url)),
)

function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}
