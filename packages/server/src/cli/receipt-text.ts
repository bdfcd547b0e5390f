/** A receipt for people: who refuses already, who will, and who is not asked. */

import type { MessageShape } from '@bufbuild/protobuf'
import { type Timestamp, timestampDate } from '@bufbuild/protobuf/wkt'
import { LogoutDelivery, NotCoveredKind, type RevocationReceiptSchema } from '@signet/contract'

type Receipt = MessageShape<typeof RevocationReceiptSchema>

const unnamed = 'an unnamed verifier'

const kinds: Record<NotCoveredKind, string> = {
  [NotCoveredKind.UNSPECIFIED]: 'others',
  [NotCoveredKind.UNWATCHED]: 'services that check tokens by signature and expiry alone',
  [NotCoveredKind.REDIS]: 'services that look revocations up in Redis',
  [NotCoveredKind.CLIENT]: 'an app that does not hear of sign-outs',
}

const deliveries: Record<LogoutDelivery, (name: string) => string> = {
  [LogoutDelivery.UNSPECIFIED]: (name) => `${name} hears of sign-outs.`,
  [LogoutDelivery.IN_FLIGHT]: (name) => `On its way: ${name} is told, and again until it answers.`,
  [LogoutDelivery.DELIVERED]: (name) => `Signed out of ${name}, which has been told.`,
  [LogoutDelivery.FAILED]: (name) =>
    `Not signed out of ${name}: it does not take the logout token.`,
}

/** One line for each verifier and each kind of service. */
export function receiptLines({ logId, applied, pending, notCovered, clients }: Receipt): string[] {
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
    ...clients.map(
      ({ clientId, name, delivery }) => deliveries[delivery]?.(name || clientId) ?? clientId,
    ),
    ...notCovered.map(({ kind, until, clientId }) =>
      clientId === ''
        ? `Not asked: ${kinds[kind]}. They may accept it until ${time(until)}.`
        : `Not told: ${clientId}, ${kinds[kind]}. Its tokens are good until ${time(until)}.`,
    ),
  ]
}

function time(at: Timestamp | undefined): string {
  return at === undefined
    ? 'an unknown time'
    : `${timestampDate(at).toISOString().slice(11, 19)} UTC`
}
