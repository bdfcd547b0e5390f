/**
 * The headers of every answer, errors included. An API answer is never stored, sniffed, framed or rendered.
 *
 * Specs: RFC 9111 §5.2.2.5 (no-store), RFC 6797 (HSTS). Pages that a person sees bring their own policy.
 */

export const referenceHeader = 'signet-reference'

const everyAnswer: Record<string, string> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  vary: 'Origin, Accept-Encoding',
  'x-content-type-options': 'nosniff',
}

const hstsSeconds = 63_072_000

/** The headers of an answer, by whether the caller's connection is encrypted. */
export function createResponseHeaders(): (secure: boolean) => Readonly<Record<string, string>> {
  const plain = Object.freeze({ ...everyAnswer })
  const secured = Object.freeze({
    ...everyAnswer,
    'strict-transport-security': `max-age=${hstsSeconds}; includeSubDomains`,
  })
  return (secure) => (secure ? secured : plain)
}
