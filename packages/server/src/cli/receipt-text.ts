/** A receipt for people: who refuses already, who will, and who is not asked. */

import type { MessageShape } from '@bufbuild/protobuf'
import { type Timestamp, timestampDate } from '@bufbuild/protobuf/wkt'
import { NotCoveredKind, type RevocationReceiptSchema } from '@signet/contract'

type Receipt = MessageShape<typeof RevocationReceiptSchema>

const unnamed = 'an unnamed verifier'

const kinds: Record<NotCoveredKind, string> = {
  [NotCoveredKind.UNSPECIFIED]: 'others',
  [NotCoveredKind.UNWATCHED]: 'services that check tokens by signature and expiry alone',
  [NotCoveredKind.REDIS]: 'services that look revocations up in Redis',
}

/** One line for each verifier and each kind of service. */
export function receiptLines({ logId, applied, pending, notCovered }: Receipt): string[] {
  if (logId === '') return ['Nobody could be asked who refuses it already.']
  const nobody = applied.length === 0 && pending.length === 0
  return [
    ...(nobody ? ['No verifier follows the revocation feed.'] : []),
    ...applied.map(({ name, afterMs }) => `Refused by ${name || unnamed} after ${afterMs} ms.`),
    ...pending.map(({ name, refusesAt, refuses }) =>
      refuses
        ? `Refused by ${name || unnamed}: it has not been heard of for so long that it accepts nothing.`
        : `Pending: ${name || unnamed}, which refuses from ${time(refusesAt)} on, whatever it hears.`,
    ),
    ...notCovered.map(
      ({ kind, until }) => `Not asked: ${kinds[kind]}. They may accept it until ${time(until)}.`,
    ),
  ]
}

function time(at: Timestamp | undefined): string {
  return at === undefined
    ? 'an unknown time'
    : `${timestampDate(at).toISOString().slice(11, 19)} UTC`
}
