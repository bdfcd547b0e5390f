/** How a configured value may appear in a message: short, on one line, and without what is secret in it. */

const lengthMax = 100

/** The value on one line: control characters are escaped, and the end of a very long one is left out. */
export function printable(value: string): string {
  // A `u` class by Unicode category also catches separators and bidirectional overrides that would bend the message.
  const escaped = value.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0
    return `\\u{${code.toString(16)}}`
  })
  return escaped.length > lengthMax ? `${escaped.slice(0, lengthMax)}…` : escaped
}

/** A URL without user name, password, query and fragment; hidden altogether where these cannot be told apart. */
export function redactedUrl(value: string): string {
  const match = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/isu.exec(value)
  if (match === null) return '[redacted]'
  const [, scheme = '', rest = ''] = match
  const at = rest.lastIndexOf('@')
  const place = rest.slice(at + 1).replace(/[?#].*$/su, '')
  const host = place.replace(/\/.*$/su, '')
  const plain = /^(?:[\w.-]*|\[[0-9a-f:.]*\])(?::\d*)?$/iu.test(host)
  if (!plain) return `${scheme}://[redacted]`
  return printable(`${scheme}://${at < 0 ? '' : '[redacted]@'}${place}`)
}

/** The same for a web address. One without scheme is shown too, unless an @ or a query could be in front of a secret. */
export function redactedWebAddress(value: string): string {
  return /^[^:@?#]*(?::\d+)?\/?$/u.test(value) ? printable(value) : redactedUrl(value)
}
