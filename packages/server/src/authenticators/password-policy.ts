/**
 * What a new password must be like: long enough, not too long, not what many people use, not the person's own name.
 *
 * Characters are Unicode code points after NFC. There are no rules about kinds of characters: spaces, digits alone and every script
 * are welcome. Control characters are refused, because no keyboard types them and programs between here and there drop or change them.
 *
 * Specs: NIST SP 800-63B-4 §3.1.1.2, OWASP ASVS 5.0 V6.1.2 and V6.2.11.
 */

import { ErrorReason } from '@signet/contract'
import type { Config } from '../config/config.ts'
import { SignetError, type Violation } from '../errors.ts'
import { isCommonPassword, withLettersForSigns } from './common-passwords.ts'

/** The longest password, in code points after NFC. */
export const passwordLengthMax = 128

/** Context words shorter than this are ignored: they occur in too many other words. */
const contextWordLengthMin = 3

interface PasswordRules {
  /** The shortest password, in code points after NFC. */
  minLength: number
  /** Words that do not count toward the length: product, organization, email address, display name. */
  context: readonly string[]
}

/**
 * Context words of this installation, for every password: the product, and the parts of the address that people know it
 * by. The last part of a name with dots says nothing of anybody (`com`), and short ones occur in too many other words.
 */
export function installationWords(issuer: string): string[] {
  const labels = new URL(issuer).hostname.split('.')
  const telling = labels.length === 1 ? labels : labels.slice(0, -1)
  return ['signet', ...telling.filter((label) => label.length > contextWordLengthMin)]
}

/** The form in which a password is counted, compared and hashed: Unicode NFC, otherwise untouched. */
export function normalizePassword(password: string): string {
  return password.normalize('NFC')
}

/** Everything that is wrong with a new password; empty when it can be used. Rules are stable, messages are for people. */
export function checkPassword(
  password: string,
  { minLength, context }: PasswordRules,
): Violation[] {
  const normalized = normalizePassword(password)
  if (!normalized.isWellFormed()) return [violations.notText]
  const length = codePoints(normalized)
  if (length > passwordLengthMax) return [violations.tooLong]

  const found: Violation[] = []
  if (/\p{Cc}/u.test(normalized)) found.push(violations.controlCharacter)
  if (length < minLength) found.push(tooShort(minLength))
  else if (isCommonPassword(normalized)) found.push(violations.common)
  else if (lengthWithoutNames(normalized, context) < minLength) found.push(violations.containsName)
  return found
}

/**
 * Refuses a new password that is not good enough. `words` are the person's own names and addresses; `field` is what the password is
 * called in the request. Throws PASSWORD_REJECTED.
 */
export function requireGoodPassword(
  { issuer, passwordMinLength: minLength }: Pick<Config, 'issuer' | 'passwordMinLength'>,
  password: string,
  { words, field = 'password' }: { words: readonly string[]; field?: string },
): void {
  const context = [...installationWords(issuer), ...words]
  const found = checkPassword(password, { minLength, context })
  if (found.length === 0) return
  throw new SignetError(ErrorReason.PASSWORD_REJECTED, {
    violations: found.map((violation) => ({ ...violation, field })),
  })
}

const violations = {
  tooLong: {
    field: 'password',
    rule: 'password.too_long',
    message: `Use at most ${passwordLengthMax} characters.`,
  },
  common: {
    field: 'password',
    rule: 'password.common',
    message:
      'Many people use this password or one much like it, so it is among the first to be tried. Choose another one.',
  },
  containsName: {
    field: 'password',
    rule: 'password.contains_name',
    message:
      'Names and addresses are easy to guess, and without them this password is too short. Add something else.',
  },
  controlCharacter: {
    field: 'password',
    rule: 'password.control_character',
    message: 'This password contains an invisible control character, such as a tab. Leave it out.',
  },
  notText: {
    field: 'password',
    rule: 'password.not_text',
    message: 'This password contains half a character. Type it again.',
  },
} as const satisfies Record<string, Violation>

function tooShort(minLength: number): Violation {
  return {
    field: 'password',
    rule: 'password.too_short',
    message: `Use at least ${minLength} characters. A few unrelated words are easy to remember.`,
  }
}

/**
 * How long the password is without the context words, which do not count: as they are, backwards, with signs for letters, with
 * signs between letters, in any case and with or without accents. The shortest reading decides.
 */
function lengthWithoutNames(password: string, context: readonly string[]): number {
  const words = contextWords(context)
  const plain = withoutAccents(password)
  const lengths = [plain, ...withLettersForSigns(plain)].flatMap((reading) => [
    lengthWithout(reading, words),
    lengthWithout(reading.replaceAll(separators, ''), words),
  ])
  // Accents that are letters of their own must not shorten a password that names nobody.
  return Math.min(...lengths.filter((length) => length !== undefined), codePoints(password))
}

/** The length of the reading without the words, or undefined where none of them occurs. */
function lengthWithout(reading: string, words: readonly string[]): number | undefined {
  const rest = words.reduce((text, word) => text.replaceAll(word, ''), reading)
  return rest === reading ? undefined : codePoints(rest)
}

/** Each part of each context string, the parts joined, and all of it backwards; the longest first. */
function contextWords(context: readonly string[]): string[] {
  const words = context.map(withoutAccents).flatMap((text) => {
    const parts = text.split(separators)
    return [...parts, parts.join('')]
  })
  const both = words.flatMap((word) => [word, [...word].reverse().join('')])
  return [...new Set(both)]
    .filter((word) => codePoints(word) >= contextWordLengthMin)
    .sort((a, b) => b.length - a.length)
}

const separators = /[^\p{L}\p{N}]+/gu

function withoutAccents(text: string): string {
  return text
    .normalize('NFKD')
    .replaceAll(/\p{M}+/gu, '')
    .normalize('NFC')
    .toLowerCase()
}

function codePoints(text: string): number {
  return [...text].length
}
