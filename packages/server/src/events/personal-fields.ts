/**
 * Personal fields of an event as ciphertext: AES-256-GCM under the owner's key.
 *
 * Stored: nonce (12 bytes) ‖ ciphertext ‖ tag (16). The event's id and the column are bound in, so a field does not
 * open in another row or column.
 *
 * Specs: NIST SP 800-38D §8.2.2 (random nonces).
 */

import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto'
import type { Json } from '../db/query.ts'

/** Where a personal field is stored. */
export interface FieldPlace {
  eventId: string
  column: 'origin' | 'personal'
}

export type Facts = { [key: string]: Json }

const nonceBytes = 12
const tagBytes = 16

/** The ciphertext of some facts. */
export function encryptFacts(key: KeyObject, place: FieldPlace, facts: Facts): Buffer {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(aad(place))
  const ciphertext = [cipher.update(JSON.stringify(facts), 'utf8'), cipher.final()]
  return Buffer.concat([nonce, ...ciphertext, cipher.getAuthTag()])
}

/** The facts behind a ciphertext. Throws where it was changed, moved, or made under another key. */
export function decryptFacts(key: KeyObject, place: FieldPlace, stored: Buffer): Facts {
  const nonce = stored.subarray(0, nonceBytes)
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
  decipher.setAAD(aad(place)).setAuthTag(stored.subarray(-tagBytes))
  const ciphertext = stored.subarray(nonceBytes, -tagBytes)
  const plain = Buffer.concat([decipher.update(ciphertext), decipher.final()])
  return JSON.parse(plain.toString('utf8')) as Facts
}

function aad(place: FieldPlace): Buffer {
  return Buffer.from(`signet event ${place.column} ${place.eventId}`, 'utf8')
}
