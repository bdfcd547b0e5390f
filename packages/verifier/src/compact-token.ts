/**
 * A token in its parts: compact serialisation, read strictly, because nobody but Signet writes these tokens.
 *
 * 1. At most 8,192 characters, three parts, each the one base64url text of its bytes.
 * 2. The header is a JSON object of `alg`, `typ` and `kid` and nothing else, so that `crit`, `jwk`, `jku`, `x5c`, `b64`
 *    and `zip` have no meaning to find.
 * 3. JSON is written as JSON.stringify writes it, so that no member comes twice and no text has a second spelling.
 *
 * Nothing here is believed yet: neither the signature nor any claim is checked.
 *
 * Specs: RFC 7515 §2 and §5.2, RFC 4648 §3.5 and §5, RFC 7519 §7.2, RFC 8725 §3.7 and §3.10.
 */

import { refused } from './refusal.ts'

export interface CompactToken {
  algorithm: string
  type: string
  kid: string
  /** What was signed. */
  input: Buffer
  signature: Buffer
  /** The claims, to be parsed once the signature is right. */
  claims: Buffer
}

type JsonObject = Record<string, unknown>

export const tokenLengthMax = 8192
const headerMembers = ['alg', 'typ', 'kid']
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The parts. Throws a refusal where the text is no such token. */
export function parseCompactToken(token: string): CompactToken {
  if (token.length > tokenLengthMax) throw refused('malformed')
  const parts = token.split('.', 4)
  if (parts.length !== 3) throw refused('malformed')
  const [headerBytes, claims, signature] = parts.map(decodeBase64url)
  if (!headerBytes || !claims || !signature) throw refused('malformed')
  const header = parseJsonObject(headerBytes)
  if (header === undefined || Object.keys(header).some((name) => !headerMembers.includes(name))) {
    throw refused('malformed')
  }
  const { alg, typ, kid } = header
  if (typeof alg !== 'string' || typeof typ !== 'string' || typeof kid !== 'string') {
    throw refused('malformed')
  }
  const input = Buffer.from(token.slice(0, token.lastIndexOf('.')))
  return { algorithm: alg, type: typ, kid, input, signature, claims }
}

/** The JSON object, or undefined where the bytes are not exactly what JSON.stringify makes of it. */
export function parseJsonObject(bytes: Buffer): JsonObject | undefined {
  try {
    const text = utf8.decode(bytes)
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject && JSON.stringify(value) === text ? (value as JsonObject) : undefined
  } catch {
    return undefined
  }
}

/** Node's decoder takes both alphabets, padding, line breaks and stray bits: many texts would mean one token. */
function decodeBase64url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : undefined
}
