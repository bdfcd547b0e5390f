/**
 * Where a client may have its answers sent, and whether an address in a request is one of those.
 *
 * Registered is an absolute URI without fragment and credentials, written as a browser writes it:
 * - `https`;
 * - `http` at a loopback address, for apps on the person's own machine;
 * - for a public client, a scheme of its own that contains a dot, such as `com.example.app:/callback`.
 *
 * Asked for is one of them, character by character. At a loopback address the port of a public client may differ: an app
 * on the person's machine gets whichever port is free.
 *
 * Specs: RFC 6749 §3.1.2, RFC 8252 §7.1, §7.3 and §8.4, RFC 9700 §2.1 and §4.1.3.
 */

import { isLoopbackName } from '../config/socket-address.ts'

const lengthMax = 1000
const privateScheme = /^[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:$/u
const printable = /^[\x21-\x7e]+$/u

/** Whether a client may register this address. */
export function isRedirectUri(text: string, { isPublic }: { isPublic: boolean }): boolean {
  if (text.length > lengthMax || !printable.test(text) || /[#*\\]/u.test(text)) return false
  const url = URL.parse(text)
  if (url === null || url.username !== '' || url.password !== '') return false
  if (url.protocol === 'https:') return isAsWritten(url, text)
  if (url.protocol === 'http:') return isLoopbackName(url) && isAsWritten(url, text)
  return isPublic && privateScheme.test(url.protocol) && url.href === text
}

/** Whether an address in a request is a registered one. */
export function isRegisteredRedirectUri(
  asked: string,
  { registered, isPublic }: { registered: readonly string[]; isPublic: boolean },
): boolean {
  if (registered.includes(asked)) return true
  if (!isPublic) return false
  const withoutPort = loopbackWithoutPort(asked)
  return (
    withoutPort !== undefined &&
    registered.some((each) => loopbackWithoutPort(each) === withoutPort)
  )
}

/** What a browser makes of the text is the text: no other spelling of it is registered by mistake. */
function isAsWritten({ href }: URL, text: string): boolean {
  return href === text || href === `${text}/`
}

/** The address without its port, or undefined where it is no loopback address as a browser writes it. */
function loopbackWithoutPort(text: string): string | undefined {
  if (!printable.test(text) || text.includes('#')) return undefined
  const url = URL.parse(text)
  if (url === null || url.protocol !== 'http:' || !isLoopbackName(url) || !isAsWritten(url, text))
    return undefined
  if (url.username !== '' || url.password !== '') return undefined
  url.port = ''
  return url.href
}
