/**
 * Base64url without padding, read strictly: one text for each sequence of bytes.
 *
 * Node's decoder takes both alphabets, padding, line breaks and stray bits, so that many texts would mean one token.
 *
 * Specs: RFC 4648 §5 and §3.5, RFC 7515 §2.
 */

/** The bytes, or undefined where the text is not their one encoding. */
export function decodeBase64url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : undefined
}
