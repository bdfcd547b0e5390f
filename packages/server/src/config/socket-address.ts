/** Where a server listens: `host:port`, with an IPv6 address in brackets. */

import { isIPv4, isIPv6 } from 'node:net'
import { type Kind, kind, type Parsed } from './kinds.ts'

/** A host without brackets, and a port; port 0 lets the system choose one. */
export interface SocketAddress {
  readonly host: string
  readonly port: number
}

const fix =
  'give host:port, such as 127.0.0.1:8080 or [::1]:8080; 0.0.0.0:8080 or [::]:8080 for every interface'

/** An address to listen on. A port alone is refused: every interface is a choice to be written down. */
export const socketAddress: Kind<SocketAddress> = kind(
  '`host:port`, IPv6 in brackets, port 0 for any free one',
  parse,
)

function parse(text: string): Parsed<SocketAddress> {
  if (/^:\d+$/u.test(text)) return { wrong: 'names a port but no host', fix }
  if (isIPv6(text) || /^[0-9a-f:.]*:[0-9a-f:.]*:/iu.test(text))
    return { wrong: 'is an IPv6 address without brackets', fix }
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/u.exec(text)
  if (match === null) return { wrong: 'is not host:port', fix }
  const [, bracketed, bare, digits] = match
  const port = Number(digits)
  if (port > 65_535) return { wrong: 'names a port above 65535', fix }
  if (bracketed !== undefined) {
    if (!isIPv6(bracketed)) return { wrong: 'has no IPv6 address between its brackets', fix }
    return { value: { host: bracketed, port } }
  }
  const host = bare ?? ''
  if (!isHost(host)) return { wrong: 'names a host that cannot exist', fix }
  return { value: { host, port } }
}

/** Whether a text can be an IPv4 address or a host name (RFC 1123 §2.1). */
export function isHost(text: string): boolean {
  if (/^[\d.]+$/u.test(text)) return isIPv4(text)
  if (text.length > 253) return false
  return text.split('.').every((label) => /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/iu.test(label))
}

/** Whether a host means this machine alone. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/gu, '').toLowerCase()
  if (bare === 'localhost' || bare.endsWith('.localhost')) return true
  if (isIPv4(bare)) return bare.startsWith('127.')
  return bare === '::1' || /^::ffff:(?:127\.|7f[0-9a-f]{2}:)/u.test(bare)
}

const loopbackHosts: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost'])

/**
 * Whether the host of an address that somebody gives us is this machine by one of its plain names, as a browser writes them. Stricter
 * than `isLoopback`, which says the same of addresses that an operator has chosen.
 */
export function isLoopbackName({ hostname }: Pick<URL, 'hostname'>): boolean {
  return loopbackHosts.has(hostname)
}

/** The address as it is written. */
export function formatSocketAddress(address: SocketAddress): string {
  return isIPv6(address.host)
    ? `[${address.host}]:${address.port}`
    : `${address.host}:${address.port}`
}
