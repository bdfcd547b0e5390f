/**
 * Who presents a refresh token, as far as that can be seen: the network and the software, as one keyed hash.
 *
 * It tells two presenters of one grant apart, and nothing else: the key is the grant's own, so hashes of two grants
 * cannot be compared, and the table holds no address. It decides nothing; it makes a retry from elsewhere visible.
 */

import { createHmac, type KeyObject } from 'node:crypto'
import { isIPv4 } from 'node:net'
import type { RequestContext } from '../request-context.ts'
import { networkOf } from '../throttling/address-network.ts'

const presenterBytes = 16

/** The hash of a caller under the presenter key of a grant. */
export function presenterOf(
  key: KeyObject,
  { ipAddress, userAgent }: Pick<RequestContext, 'ipAddress' | 'userAgent'>,
): Buffer {
  const presenter = JSON.stringify([nearOf(ipAddress), userAgent])
  return createHmac('sha256', key).update(presenter).digest().subarray(0, presenterBytes)
}

/** As for limits, but of an IPv4 address the /24: a phone that gets another one of them is where it was. */
function nearOf(address: string): string {
  const network = networkOf(address)
  return isIPv4(network) ? `${network.slice(0, network.lastIndexOf('.'))}.0/24` : network
}
