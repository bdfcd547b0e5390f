/**
 * The web addresses that a configuration names: the issuer, the origins of browser apps, the trace collector, and the
 * address ranges of proxies.
 *
 * Specs: RFC 8414 §2 (issuer), RFC 6454 §6.2 (origins), RFC 4632 §3.1 (ranges).
 */

import { isIPv4, isIPv6 } from 'node:net'
import { type Kind, kind, listOf, type Parsed } from './kinds.ts'
import { isHost } from './socket-address.ts'

/** An http or https address, or why it is none. */
function parseWeb(text: string): Parsed<URL> {
  const url = URL.parse(text)
  const fix = 'give a whole address, such as https://auth.example.com'
  if (url === null) return { wrong: 'is not a URL', fix }
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return { wrong: 'is neither https nor http', fix }
  if (url.username !== '' || url.password !== '')
    return { wrong: 'holds a user name or a password', fix: 'leave out everything before the @' }
  return { value: url }
}

/** An origin exactly as browsers write it, because it is compared letter by letter. */
function parseOrigin(text: string): Parsed<string> {
  const parsed = parseWeb(text)
  if (!('value' in parsed)) return parsed
  const { origin, hostname } = parsed.value
  if (!hostname.startsWith('[') && !isHost(hostname))
    return {
      wrong: 'names a host that cannot exist',
      fix: 'name each host in full; there are no wildcards',
    }
  if (origin !== text) {
    const wrong = 'is not a plain origin: scheme, host and port, in small letters, nothing after it'
    return { wrong, fix: `write ${origin}` }
  }
  return { value: text }
}

/** The issuer: an origin, without a path and without a slash at its end. */
export const issuer: Kind<string> = kind(
  'an origin, such as `https://auth.example.com`',
  parseOrigin,
)

/** The origins whose pages may call. */
export const corsOrigins: Kind<readonly string[]> = listOf(
  'origins with commas between them',
  (member) => {
    if (member === '*' || member === 'null') {
      return {
        wrong: `allows ${member === '*' ? 'every page in the world' : 'pages of no known origin'}`,
        fix: 'name each origin, such as https://app.example.com',
      }
    }
    return parseOrigin(member)
  },
)

/** The address of a trace collector. */
export const collectorUrl: Kind<string> = kind('an http or https URL', (text) => {
  const parsed = parseWeb(text)
  return 'value' in parsed ? { value: parsed.value.href } : parsed
})

/** Hosts of the operator's own network, each with its port, or with `*` for every port of it. */
export const privateHosts: Kind<readonly string[]> = listOf(
  'hosts with their ports, such as `apps.internal:8443`, with commas between them',
  (member) => {
    const [, host = '', port = ''] = /^(.+):(\d{1,5}|\*)$/u.exec(member) ?? []
    const fix = 'name each host and port, such as apps.internal:8443'
    if (host === '') return { wrong: `has ${member}, which is not host:port`, fix }
    if (host.includes('*')) return { wrong: `has ${member}: no wildcard stands for a host`, fix }
    if (URL.parse(`https://${host}/`)?.hostname !== host)
      return { wrong: `has ${host}, which is no host as a browser writes it`, fix }
    const isPort = port === '*' || (Number(port) > 0 && Number(port) <= 65_535)
    if (!isPort) return { wrong: `has the port ${port}, which there is not`, fix }
    return { value: `${host}:${port === '*' ? port : Number(port)}` }
  },
)

/** Ranges of addresses; a single address is a range of one. */
export const addressRanges: Kind<readonly string[]> = listOf(
  'address ranges, such as `10.0.0.0/8, fd00::/8`, with commas between them',
  (member) => {
    const [address = '', bits, ...rest] = member.split('/')
    const family = isIPv4(address) ? 32 : isIPv6(address) && !address.includes('%') ? 128 : 0
    const fix = 'give addresses of your proxies, such as 10.0.0.0/8 or 2001:db8::1'
    if (family === 0 || rest.length > 0)
      return { wrong: `has ${member}, not an address range`, fix }
    if (bits === undefined) return { value: `${address}/${family}` }
    if (!/^\d{1,3}$/u.test(bits) || Number(bits) > family)
      return { wrong: `has ${member}, whose prefix is not between 1 and ${family}`, fix }
    if (Number(bits) === 0)
      return { wrong: `has ${member}: anybody could then claim any address`, fix }
    return { value: `${address}/${Number(bits)}` }
  },
)
