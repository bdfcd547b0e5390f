/**
 * A JWS in compact form that somebody else has made, taken apart and not yet believed.
 *
 * Three parts, each the one base64url text of its bytes; header and claims are JSON objects in UTF-8. What would change the
 * meaning of the rest (`crit`, `b64`) is not understood, and so refused (RFC 7515 §4.1.11, RFC 7797 §3).
 */

import { decodeBase64url } from './base64url.ts'

export interface CompactJws {
  header: Record<string, unknown>
  claims: Record<string, unknown>
  /** What is signed. */
  input: Buffer
  signature: Buffer
}

/** The parts, or what is wrong with it, for a log: a sentence about `subject`, such as "the assertion". */
export function readCompactJws(
  text: string,
  { subject, lengthMax }: { subject: string; lengthMax: number },
): CompactJws | { wrong: string } {
  if (text.length > lengthMax) return { wrong: `${subject} is longer than any` }
  const parts = text.split('.')
  const [headerBytes, claimsBytes, signature] = parts.map(decodeBase64url)
  const header = headerBytes && parseObject(headerBytes)
  const claims = claimsBytes && parseObject(claimsBytes)
  if (parts.length !== 3 || !header || !claims || !signature)
    return { wrong: `${subject} is no JWS in compact form` }
  if (header.crit !== undefined || header.b64 !== undefined)
    return { wrong: `${subject} needs an extension to be understood` }
  const input = Buffer.from(text.slice(0, text.lastIndexOf('.')))
  return { header, claims, input, signature }
}

function parseObject(bytes: Buffer): Record<string, unknown> | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
