/** Refusals in the words of pages: sentences of the catalogue where it has them, else those of the API. */

import { ErrorReason } from '@signet/contract'
import { passwordLengthMax } from '../authenticators/password-policy.ts'
import { type Reason, reasonName, reasons, type Violation } from '../errors.ts'
import type { Translator } from './page-texts.ts'
import type { Visit } from './visit.ts'

interface Refused {
  reason: Reason
  violations: readonly Violation[]
  retryAfterSeconds?: number | undefined
}

type Where = Pick<Visit, 'words' | 'config'>

/** What a person reads at the top of the page. */
export function refusalSentence({ words }: Where, { reason, retryAfterSeconds }: Refused): string {
  if (reason === ErrorReason.RATE_LIMITED) return waitSentence(words, retryAfterSeconds ?? 1)
  const key = `reason_${reasonName(reason).toLowerCase()}`
  return words.has(key) ? words.named(key, {}) : reasons[reason].sentence
}

/** The same violations, with messages in the language of the page. */
export function translated(
  { words, config }: Where,
  violations: readonly Violation[],
): Violation[] {
  const facts = { min: config.passwordMinLength, max: passwordLengthMax }
  return violations.map((violation) => {
    const key = `rule_${violation.rule.replaceAll('.', '_')}`
    return words.has(key) ? { ...violation, message: words.named(key, facts) } : violation
  })
}

const [minute, hour] = [60, 3600]

function waitSentence(words: Translator, seconds: number): string {
  if (seconds < 2 * minute) return words.text('wait_seconds', { count: Math.ceil(seconds) })
  if (seconds < 2 * hour) return words.text('wait_minutes', { count: Math.ceil(seconds / minute) })
  return words.text('wait_hours', { count: Math.ceil(seconds / hour) })
}
