/**
 * A refusal as an HTTP answer: a challenge for programs, a problem document for people.
 *
 * Specs: RFC 6750 §3, RFC 9457, RFC 9110 §10.2.3 (`Retry-After`).
 */

import type { VerificationError } from './refusal.ts'

export interface Challenge {
  status: number
  headers: Record<string, string>
  /** JSON. */
  body: string
}

const titles = {
  400: 'Bad request',
  401: 'Not authenticated',
  403: 'Not allowed',
  503: 'Cannot tell at the moment',
} as const

export function challengeOf(error: VerificationError): Challenge {
  const { status, reason, message, retryAfterSeconds, scope } = error
  const authenticate = wwwAuthenticate(error)
  return {
    status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...(authenticate !== undefined && { 'www-authenticate': authenticate }),
      ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
    },
    body: JSON.stringify({
      type: 'about:blank',
      title: titles[status],
      status,
      detail: message,
      reason,
      ...(scope !== undefined && { scope }),
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    }),
  }
}

/** The header of that name. None for 503, where presenting something else would not help. */
export function wwwAuthenticate({
  status,
  error,
  message,
  scope,
}: VerificationError): string | undefined {
  if (status === 503) return undefined
  if (error === undefined) return 'Bearer'
  const parameters = { error, error_description: message, ...(scope !== undefined && { scope }) }
  const written = Object.entries(parameters).map(([name, value]) => `${name}="${quotable(value)}"`)
  return `Bearer ${written.join(', ')}`
}

/** What may stand between the quotes of each of them (RFC 6750 §3). */
function quotable(text: string): string {
  return text.replaceAll(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, '')
}
