/**
 * Which network an address belongs to, for limits: an IPv4 address is one, and so is a whole IPv6 /64, because
 * whoever has one address of it has all of them. An IPv4 address that is written as IPv6 is the IPv4 address.
 *
 * Specs: RFC 4291 §2.2 (text forms), §2.5.5.2 (IPv4-mapped); RFC 6177 §2 (what a site gets).
 */

import { isIP } from 'node:net'

const networkGroups = 4
const mappedPrefix = '0:0:0:0:0:ffff'

/** The network, as text that is equal exactly for addresses of the same one. What is no address is itself. */
export function networkOf(address: string): string {
  const withoutZone = address.split('%', 1)[0] ?? ''
  if (isIP(withoutZone) !== 6) return withoutZone
  const groups = groupsOf(withoutZone)
  if (groups.slice(0, 6).join(':') === mappedPrefix) return dotted(groups.slice(6))
  return `${groups.slice(0, networkGroups).join(':')}::/64`
}

/** The eight groups of an IPv6 address, in hexadecimal without leading zeros. */
function groupsOf(address: string): string[] {
  const [head = '', tail] = withoutDots(address).toLowerCase().split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length
  return [...before, ...Array<string>(zeros).fill('0'), ...after].map((group) =>
    Number.parseInt(group, 16).toString(16),
  )
}

/** With the last 32 bits as two groups, where they are written like an IPv4 address. */
function withoutDots(address: string): string {
  const [, head = '', dots] = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/u.exec(address) ?? []
  if (dots === undefined) return address
  const [a = 0, b = 0, c = 0, d = 0] = dots.split('.').map(Number)
  return `${head}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
}

function dotted(groups: string[]): string {
  return groups
    .map((group) => Number.parseInt(group, 16))
    .flatMap((bits) => [bits >> 8, bits & 0xff])
    .join('.')
}
