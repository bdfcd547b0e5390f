/**
 * The hash of one event, over everything that is stored about it and the hash of the event before.
 *
 * SHA-256 over a list of parts. A part is its length in bytes (32 bits, big-endian) followed by its bytes in UTF-8; a
 * null is the length ffffffff and no bytes. The parts, in order: the words "signet event 1", the previous hash (32 raw
 * bytes), seq in decimal, id in lower case, arrival in decimal, occurred_at as YYYY-MM-DDThh:mm:ss.sssZ, kind, outcome,
 * actor_id, subject_id, client_id, reference, occurrences in decimal, details exactly as stored, origin (raw
 * ciphertext), personal (raw ciphertext).
 *
 * Before the first event stands SHA-256 of "signet event chain 1 " and the installation's id.
 *
 * Specs: FIPS 180-4 (SHA-256), OWASP ASVS 5.0 V16.4.2.
 */

import { createHash } from 'node:crypto'

/** An event as it is stored, without its place. */
export interface StoredEvent {
  id: string
  arrival: bigint
  occurredAt: Date
  kind: string
  outcome: string
  actorId: string | null
  subjectId: string | null
  clientId: string | null
  reference: string
  occurrences: number
  /** JSON, as it was written. */
  details: string
  origin: Buffer | null
  personal: Buffer | null
}

/** The hash of the event at `seq`, given the hash of the one before. */
export function chainHash(previous: Buffer, seq: bigint, event: StoredEvent): Buffer {
  const hash = createHash('sha256')
  const parts = [
    'signet event 1',
    previous,
    seq.toString(),
    event.id,
    event.arrival.toString(),
    event.occurredAt.toISOString(),
    event.kind,
    event.outcome,
    event.actorId,
    event.subjectId,
    event.clientId,
    event.reference,
    event.occurrences.toString(),
    event.details,
    event.origin,
    event.personal,
  ]
  for (const part of parts) {
    const bytes = typeof part === 'string' ? Buffer.from(part, 'utf8') : part
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes?.length ?? 0xffffffff)
    hash.update(length)
    if (bytes !== null) hash.update(bytes)
  }
  return hash.digest()
}

/** What stands before the first event of an installation. */
export function chainStart(instanceId: string): Buffer {
  return createHash('sha256').update(`signet event chain 1 ${instanceId}`).digest()
}
