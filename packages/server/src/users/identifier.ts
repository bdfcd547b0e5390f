/**
 * Email addresses as identifiers: which are accepted, and which of them are the same.
 *
 * Two addresses are the same where their canonical forms are equal: local part in NFKC and lower case, domain as
 * IDNA writes it for DNS. Dots and plus signs are significant, because only the owner of the domain could say that
 * they are not. The canonical form is for finding a user and never for sending: mail goes to the address as it was
 * written, so that two addresses which merely look up alike cannot receive each other's mail.
 *
 * Accepted is a dot-atom of letters, marks and digits of any script and the ASCII signs of RFC 5322, at a domain of
 * two labels or more. Refused, each under its own rule: spaces at either end (nothing is trimmed in silence),
 * control and invisible characters, quoted local parts, address literals.
 *
 * Errors: none thrown; violations are returned.
 * Specs: RFC 5321 §4.1.2 and §4.5.3.1, RFC 5322 §3.2.3, RFC 6531 §3.3, RFC 5890 §2.3, UTS 46.
 */

import { domainToASCII, domainToUnicode } from 'node:url'
import type { Violation } from '../errors.ts'

/** An address that is accepted: as it was written (in NFC), and as it is looked up. */
export interface EmailIdentifier {
  kind: 'email'
  value: string
  canonical: string
}

const addressLengthMax = 254
const localOctetsMax = 64
const domainLengthMax = 253

const outerSpace = /^\s|\s$/u
// Controls, formatting characters (bidirectional overrides, zero-width ones, soft hyphens), private use, lone surrogates.
const invisible = /[\p{C}\u115f\u1160\u3164\uffa0]/u
const localDotAtom =
  /^[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+(\.[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+)*$/u
const domainAsWritten = /^[\p{L}\p{M}\p{N}.\u3002\uff0e\uff61-]+$/u
const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/
const topLabel = /[a-z]/

/** Reads an email address from the request field that is named, or says what is wrong with it. */
export function parseEmail(
  text: string,
  field: string,
): { identifier: EmailIdentifier } | { violations: Violation[] } {
  const value = text.normalize('NFC')
  const broken = (rule: keyof typeof sentences) => ({
    violations: [{ field, rule: `email.${rule}`, message: sentences[rule] }],
  })
  if (outerSpace.test(value)) return broken('space')
  if (invisible.test(value)) return broken('invisible')
  if (value.length > addressLengthMax) return broken('length')
  const at = value.lastIndexOf('@')
  if (at === -1) return broken('at')
  const local = foldText(value.slice(0, at))
  const domain = canonicalDomain(value.slice(at + 1))
  if (value.startsWith('"')) return broken('quoted')
  if (!localDotAtom.test(value.slice(0, at)) || !localDotAtom.test(local)) return broken('local')
  if (domain === undefined) return broken('domain')
  const canonical = `${local}@${domain}`
  const tooLong = Buffer.byteLength(local) > localOctetsMax || canonical.length > addressLengthMax
  if (tooLong) return broken('length')
  return { identifier: { kind: 'email', value, canonical } }
}

const sentences = {
  space: 'There is a space before or after the address. Remove it.',
  invisible: 'The address contains characters that cannot be seen. Type it instead of pasting it.',
  length: 'The address is too long: 64 bytes before the @ and 254 altogether are the most.',
  at: 'An email address has an @, as in name@example.com.',
  quoted: 'Addresses with quotation marks are not accepted.',
  local:
    'The part before the @ may have letters, digits, single dots between them, and signs such as - _ +.',
  domain: 'The part after the @ must be a domain name, as in name@example.com.',
} as const

/** Text as it is looked up: neither case nor Unicode form matters. */
export function foldText(text: string): string {
  // Lower case can take a character out of NFKC, so it is put back; doing all this again would change nothing.
  return text.normalize('NFKC').toLowerCase().normalize('NFKC')
}

function canonicalDomain(domain: string): string | undefined {
  // The URL parser below would read a percent sign, a port or a path as something else than a name.
  if (!domainAsWritten.test(domain)) return undefined
  const ascii = domainToASCII(domain.normalize('NFC'))
  const labels = ascii.split('.')
  const wellFormed =
    ascii.length <= domainLengthMax &&
    labels.length >= 2 &&
    labels.every((name) => label.test(name)) &&
    topLabel.test(labels.at(-1) ?? '')
  // An all-ASCII name is passed through unread, even where a label claims to be Punycode and is not.
  const decodes = labels.every((name) => !name.startsWith('xn--') || domainToUnicode(name) !== name)
  return wellFormed && decodes && domainToASCII(domainToUnicode(ascii)) === ascii
    ? ascii
    : undefined
}
