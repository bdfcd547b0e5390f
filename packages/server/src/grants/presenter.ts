/**
 * Who presents a refresh token, as far as that can be seen: the network and the software, as one keyed hash.
 *
 * It tells two presenters of one grant apart, and nothing else: the key is the grant's own, so hashes of two grants
 * cannot be compared, and the table holds no address. It decides nothing; it makes a retry from elsewhere visible.
 */

import { createHmac, type KeyObject } from 'node:crypto'
import { isIPv6 } from 'node:net'
import type { RequestContext } from '../request-context.ts'

const presenterBytes = 16
const ipv6NetworkGroups = 4

/** The hash of a caller under the presenter key of a grant. */
export function presenterOf(
  key: KeyObject,
  { ipAddress, userAgent }: Pick<RequestContext, 'ipAddress' | 'userAgent'>,
): Buffer {
  const presenter = JSON.stringify([networkOf(ipAddress), userAgent])
  return createHmac('sha256', key).update(presenter).digest().subarray(0, presenterBytes)
}

/** The /24 of an IPv4 address, the /64 of an IPv6 address; any other text as it is. */
export function networkOf(address: string): string {
  const withoutZone = address.split('%', 1)[0] ?? ''
  const ipv4 = /^(?:::ffff:)?(\d+\.\d+\.\d+)\.\d+$/i.exec(withoutZone)?.[1]
  if (ipv4 !== undefined) return `${ipv4}.0/24`
  if (!isIPv6(withoutZone)) return withoutZone
  const [head = '', tail] = withoutZone.toLowerCase().split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  // An IPv4 tail stands for two groups; it never reaches into the first four.
  const afterGroups = after.length + (after.at(-1)?.includes('.') ? 1 : 0)
  const missing = tail === undefined ? 0 : Math.max(0, 8 - before.length - afterGroups)
  const groups = [...before, ...Array<string>(missing).fill('0'), ...after]
  return `${groups
    .slice(0, ipv6NetworkGroups)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}
