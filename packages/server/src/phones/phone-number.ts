/**
 * Phone numbers as identifiers: in E.164, a plus sign, the country code and the number, fifteen digits at the most.
 *
 * Spaces, dots and hyphens between digits are how people write them, and are left out. Nothing else is repaired: a number without
 * its country means another one elsewhere, and a zero in parentheses is dialled by some and not by others.
 *
 * Errors: none thrown; violations are returned.
 * Specs: ITU-T E.164 §6, RFC 3966 §5.1.1 (visual separators).
 */

import type { Violation } from '../errors.ts'

const withSeparators = /^\+[0-9](?:[ .-]?[0-9])*$/
const e164 = /^\+[1-9][0-9]{6,14}$/

const sentences = {
  country: 'Begin with a plus sign and the country code, as in +49 151 12345678.',
  form: 'A phone number has digits and nothing else; spaces, dots and hyphens may stand between them.',
  length: 'A phone number has 7 to 15 digits, the country code among them.',
  not_served: 'Numbers of this country are not served here. Use another one.',
} as const

/** The number as it is stored and dialled, or what is wrong with it. `prefixes`: the numbers that are served; none: all. */
export function parsePhone(
  text: string,
  field: string,
  prefixes: readonly string[],
): { canonical: string } | { violations: Violation[] } {
  const broken = (rule: keyof typeof sentences) => ({
    violations: [{ field, rule: `phone.${rule}`, message: sentences[rule] }],
  })
  if (!text.startsWith('+') || text.startsWith('+0')) return broken('country')
  if (!withSeparators.test(text)) return broken('form')
  const canonical = text.replace(/[ .-]/g, '')
  if (!e164.test(canonical)) return broken('length')
  const isServed = prefixes.length === 0 || prefixes.some((prefix) => canonical.startsWith(prefix))
  return isServed ? { canonical } : broken('not_served')
}

/** Enough of a number for its owner to recognise it. */
export function maskedPhone(canonical: string): string {
  return `…${canonical.slice(-4)}`
}
