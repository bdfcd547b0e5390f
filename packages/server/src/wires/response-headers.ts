/**
 * The headers of every answer, errors included. An API answer is never stored, sniffed, framed or rendered.
 *
 * Specs: RFC 9111 §5.2.2.5 (no-store), RFC 6797 (HSTS). Pages that a person sees bring their own policy.
 */

export const referenceHeader = 'signet-reference'
const jsonMediaType = 'application/json; charset=utf-8'

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

/** The head of every answer in JSON, as names and values in turn, by whether the caller's connection is encrypted. */
export function jsonHeads(
  headers: ReturnType<typeof createResponseHeaders>,
): (secure: boolean) => readonly string[] {
  const [plain = [], secured = []] = [false, true].map((secure) => [
    ...Object.entries(headers(secure)).flat(),
    'content-type',
    jsonMediaType,
  ])
  return (secure) => (secure ? secured : plain)
}
