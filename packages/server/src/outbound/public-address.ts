/**
 * Whether an address is somewhere on the public internet: not this machine, not a private network, not a cloud's metadata
 * service, not a tunnel that ends in one of those.
 *
 * Of IPv6 only global unicast is public, without the ranges that carry an IPv4 address inside or lead nowhere.
 *
 * Specs: RFC 6890 and the IANA registries of special-purpose addresses, RFC 4291 §2.5.5 (IPv4 inside IPv6), RFC 6598.
 */

import { BlockList, isIP } from 'node:net'

const notPublic4 = blockList('ipv4', [
  '0.0.0.0/8', // this network
  '10.0.0.0/8', // private
  '100.64.0.0/10', // shared by carriers; a metadata service, too
  '127.0.0.0/8', // loopback
  '168.63.129.16/32', // the platform of a cloud, inside each of its machines
  '169.254.0.0/16', // link-local, and nearly every metadata service
  '172.16.0.0/12', // private
  '192.0.0.0/24', // protocol assignments
  '192.0.2.0/24', // documentation
  '192.31.196.0/24', // AS112
  '192.52.193.0/24', // AMT
  '192.88.99.0/24', // 6to4 relays
  '192.168.0.0/16', // private
  '192.175.48.0/24', // AS112
  '198.18.0.0/15', // measurements
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, and broadcast
])

const globalUnicast6 = blockList('ipv6', ['2000::/3'])

const notPublic6 = blockList('ipv6', [
  '2001::/23', // protocol assignments, Teredo among them
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4: an IPv4 address inside
  '2620:4f:8000::/48', // AS112
  '3fff::/20', // documentation
])

/** Whether a literal address is public. What is no address is not. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !notPublic4.check(address, 'ipv4')
    case 6:
      return (
        !address.includes('%') &&
        globalUnicast6.check(address, 'ipv6') &&
        !notPublic6.check(address, 'ipv6')
      )
    default:
      return false
  }
}

function blockList(family: 'ipv4' | 'ipv6', ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [network = '', bits] = range.split('/')
    list.addSubnet(network, Number(bits), family)
  }
  return list
}
