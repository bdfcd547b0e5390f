/**
 * Whose address a request comes from: the socket's, or, where the socket belongs to a trusted proxy, the one that the
 * proxy reports.
 *
 * 1. Without trusted proxies every forwarding header is ignored: anyone can send one.
 * 2. The list is read from its end, because each proxy appends; the first address that is no trusted proxy counts.
 * 3. Where both kinds of header are present and disagree, one of them was sent by the caller. Neither counts then.
 *
 * The country of a caller comes from a header of a trusted proxy that is one hop away, where an operator named the header;
 * else from the operator's ranges of addresses. A header of anyone else is ignored.
 *
 * Specs: RFC 7239 (Forwarded); X-Forwarded-For and X-Forwarded-Proto by convention.
 */

import { BlockList, isIP } from 'node:net'
import type { CountryRanges } from './country-ranges.ts'
import type { HttpRequest } from './http.ts'

export interface ClientAddress {
  ipAddress: string
  /** Whether the caller's own connection is encrypted. */
  secure: boolean
  /** ISO 3166-1 alpha-2; undefined where nobody knows. Looked up when it is asked for. */
  country(): string | undefined
}

/** Who says in which country a caller is. */
export interface CountrySources {
  /** A header of the trusted proxies, in lower case. */
  header?: string | undefined
  ranges?: CountryRanges | undefined
}

/** Finds the caller of a request. Throws where a trusted proxy is not a CIDR or an address. */
export function createClientAddress(
  trustedProxies: readonly string[],
  countries: CountrySources = {},
): (req: HttpRequest) => ClientAddress {
  const trusted = new BlockList()
  for (const entry of trustedProxies) addNetwork(trusted, entry)
  const isTrusted = (address: string) =>
    trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
  const from = (req: HttpRequest, ipAddress: string, trustedPeer: boolean) => () =>
    (trustedPeer ? countryHeader(req, countries.header) : undefined) ??
    countries.ranges?.find(ipAddress)
  return (req) => {
    const peer = unmapped(req.socket.remoteAddress ?? '')
    const secure = 'encrypted' in req.socket && req.socket.encrypted === true
    if (trustedProxies.length === 0 || isIP(peer) === 0 || !isTrusted(peer))
      return { ipAddress: peer, secure, country: from(req, peer, false) }
    const forwarded = forwardedBy(req)
    if (forwarded === undefined) {
      return { ipAddress: peer, secure, country: from(req, peer, true) }
    }
    const caller = forwarded.addresses.findLast(
      (address) => isIP(address) === 0 || !isTrusted(address),
    )
    const reported = caller ?? forwarded.addresses[0] ?? peer
    const ipAddress = isIP(reported) === 0 ? peer : reported
    return {
      ipAddress,
      secure: secure || forwarded.proto === 'https',
      country: from(req, ipAddress, true),
    }
  }
}

/** Proxies that do not know say XX or ZZ, and Tor is no country. */
function countryHeader(req: HttpRequest, name: string | undefined): string | undefined {
  const value = name === undefined ? undefined : req.headers[name]
  if (typeof value !== 'string') return undefined
  const country = value.trim().toUpperCase()
  return /^[A-Z]{2}$/u.test(country) && country !== 'XX' && country !== 'ZZ' ? country : undefined
}

interface Forwarded {
  addresses: string[]
  proto: string | undefined
}

function forwardedBy(req: HttpRequest): Forwarded | undefined {
  const conventional = one(req.headers['x-forwarded-for'])
  const standard = one(req.headers.forwarded)
  if (conventional !== undefined && standard !== undefined) {
    const a = fromConventional(req, conventional)
    const b = fromStandard(standard)
    return a.addresses.join() === b.addresses.join() ? b : undefined
  }
  if (standard !== undefined) return fromStandard(standard)
  if (conventional !== undefined) return fromConventional(req, conventional)
  return undefined
}

function fromConventional(req: HttpRequest, list: string): Forwarded {
  const proto = one(req.headers['x-forwarded-proto'])?.split(',').at(-1)?.trim().toLowerCase()
  return { addresses: list.split(',').map((part) => normalizeAddress(part.trim())), proto }
}

function fromStandard(list: string): Forwarded {
  const addresses: string[] = []
  let proto: string | undefined
  for (const element of list.split(',')) {
    for (const pair of element.split(';')) {
      const [name = '', value = ''] = pair.split('=', 2).map((part) => part.trim())
      if (name.toLowerCase() === 'for') addresses.push(normalizeAddress(unquote(value)))
      if (name.toLowerCase() === 'proto') proto = unquote(value).toLowerCase()
    }
  }
  return { addresses, proto }
}

function one(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(',') : header
}

function unquote(value: string): string {
  return value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value
}

/** An address without port, brackets, zone or the IPv4-mapped prefix of IPv6. */
function normalizeAddress(address: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(address)?.[1]
  const bare = bracketed ?? (/^[^:]+:\d+$/.test(address) ? address.split(':', 1)[0] : address) ?? ''
  return unmapped(bare.split('%', 1)[0] ?? '')
}

/** `::ffff:192.0.2.1` is how a socket for both versions writes an IPv4 address. */
function unmapped(address: string): string {
  const mapped = address.startsWith('::') && /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  return mapped ? (mapped[1] ?? address) : address
}

function addNetwork(list: BlockList, entry: string): void {
  const [, address = '', prefix] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(entry) ?? []
  const version = isIP(address)
  if (version === 0) throw new Error(`${entry} is neither an IP address nor a CIDR`)
  const family = version === 6 ? 'ipv6' : 'ipv4'
  if (prefix === undefined) list.addAddress(address, family)
  else list.addSubnet(address, Number(prefix), family)
}
