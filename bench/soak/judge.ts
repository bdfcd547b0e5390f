/** What an answer is worth: right, a refusal that says when to come back, or wrong. */

import type { Answer } from './connections.ts'

/** Of one call. A call of several requests is as good as the first of its answers that is not right. */
export type Verdict = 'right' | 'refused' | 'wrong' | 'unanswered' | 'unsent'

/** The answer is none that the service should ever give. */
export class Wrong extends Error {
  override readonly name = 'Wrong'
}

/** The service is too busy, and says so as it should. */
export class TooBusy extends Error {
  override readonly name = 'TooBusy'
}

/** The JSON of the expected answer. Throws TooBusy and Wrong. */
export function expectJson(answer: Answer, status = 200): Record<string, unknown> {
  expectStatus(answer, status)
  return jsonOf(answer)
}

/** Throws TooBusy where the service asks to come back, Wrong where the status is another one. */
export function expectStatus(answer: Answer, status: number): void {
  if (answer.status === status) return
  if (answer.status === 429 || answer.status === 503) throw tooBusy(answer)
  throw wrong(`${answer.status} instead of ${status}`, answer)
}

/** The problem document of a refusal for a cause. Throws TooBusy and Wrong. */
export function expectProblem(answer: Answer, status: number, reason: string): void {
  const problem = expectJson(answer, status)
  const { 'content-type': type = '', 'signet-reference': reference } = answer.headers
  const whole =
    type.startsWith('application/problem+json') &&
    problem.reason === reason &&
    problem.status === status &&
    typeof problem.detail === 'string' &&
    problem.reference === reference
  if (!whole) throw wrong(`no problem document about ${reason}`, answer)
}

/** Throws Wrong, with the answer, where something that must hold does not. */
export function expect(holds: boolean, sentence: string, answer: Answer): void {
  if (!holds) throw wrong(sentence, answer)
}

/** Each of the forms that the wires have for it: problem documents, the errors of OAuth, pages. */
function tooBusy(answer: Answer): TooBusy | Wrong {
  const { 'retry-after': retryAfter = '', 'content-type': type = '' } = answer.headers
  if (!/^[1-9]\d*$/.test(retryAfter)) return wrong('no Retry-After', answer)
  if (type.startsWith('text/html')) return new TooBusy('a page')
  const { reason, error } = jsonOf(answer)
  const known = ['RATE_LIMITED', 'UNAVAILABLE', 'temporarily_unavailable']
  if (!known.includes(String(reason ?? error))) return wrong('a refusal without a reason', answer)
  return new TooBusy(String(reason ?? error))
}

function jsonOf(answer: Answer): Record<string, unknown> {
  try {
    return JSON.parse(answer.body)
  } catch {
    throw wrong('no JSON', answer)
  }
}

function wrong(sentence: string, { status, body }: Answer): Wrong {
  return new Wrong(`${sentence}: ${status} ${body.slice(0, 300)}`)
}
