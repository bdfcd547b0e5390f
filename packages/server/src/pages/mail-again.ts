/**
 * A mail once more, from a page that waits for one: the button, how long it has to wait, and what is said to whoever presses it
 * before.
 *
 * The browser keeps from when on it may ask again, so that the page can say so without a question about the address: how long
 * somebody else would have to wait is nobody's business. What holds is counted in the database (`throttling/mail-requests.ts`).
 *
 * Specs: OWASP ASVS 5.0 V6.3.8.
 */

import { ErrorReason } from '@signet/contract'
import { readCookie, writeCookie } from '../cookie-header.ts'
import { SignetError } from '../errors.ts'
import { type Html, type HtmlValue, html } from '../html/html.ts'
import type { WantedMail } from '../recovery/request-mail.ts'
import { countdown } from './countdown.ts'
import { pageForm } from './fields.ts'
import type { PageForm } from './page-form.ts'
import type { PageAnswer, PageRoute, Tried, Visit } from './visit.ts'

/** What a mail is about. */
export type MailAbout = WantedMail['about']

/** How long a page asks for patience after a mail that nothing counts. */
export const patienceSeconds = 30

/** The `Set-Cookie` header that keeps how long this browser has to wait for another mail. */
export function rememberMail(
  { config, now }: Pick<Visit, 'config' | 'now'>,
  about: MailAbout,
  waitSeconds: number,
): string {
  const until = now.getTime() + waitSeconds * 1000
  return writeCookie(config, 'again', { value: `${about}.${until}`, maxAgeSeconds: waitSeconds })
}

/** How many seconds this browser has to wait for another mail; 0 where it need not, or has asked for none. */
export function secondsToWait(
  { config, cookieHeader, now }: Pick<Visit, 'config' | 'cookieHeader' | 'now'>,
  about: MailAbout,
): number {
  const [kept, until] = (readCookie(config, cookieHeader, 'again') ?? '').split('.', 2)
  const left = Math.ceil((Number(until) - now.getTime()) / 1000)
  return kept === about && left > 0 ? left : 0
}

/** What a form for another mail is made of. */
interface Again {
  /** The page that has mail sent. */
  to: string
  about: MailAbout
  content: HtmlValue
  tried: Tried | undefined
}

/** The button, in a form of its own. Where the page has just refused it, the page says for how long. */
export function againForm(visit: Visit, { to, about, content, tried }: Again): Html {
  const { words } = visit
  const refused = tried?.retryAfterSeconds !== undefined
  const wait = refused ? 0 : secondsToWait(visit, about)
  return pageForm(visit, {
    to,
    content: html`${content}<p class="again"><button class="plain" type="submit" aria-describedby="${refused || wait > 0 ? 'countdown' : ''}">${words.text('inbox_again')}</button></p>
${wait > 0 && countdown(words, wait, { until: 'mail' })}`,
  })
}

/** What is asked for too early: a mail, or a text message. */
interface Asked {
  visit: Visit
  form: PageForm
  sentence?: 'mail_too_early' | 'phone_too_early'
}

/** Has the mail sent. Where it is too early for one, nothing is, and the page says until when. */
export async function sendMail(
  route: PageRoute,
  asked: Asked,
  send: () => Promise<PageAnswer>,
): Promise<PageAnswer> {
  try {
    return await send()
  } catch (error) {
    if (!(error instanceof SignetError) || error.reason !== ErrorReason.RATE_LIMITED) throw error
    return tooEarly(route, asked, error.retryAfterSeconds ?? 1)
  }
}

/** The page again, before another mail can be had. */
export function tooEarly(
  route: PageRoute,
  { visit, form, sentence = 'mail_too_early' }: Asked,
  retryAfterSeconds: number,
): PageAnswer {
  const refused = { problem: visit.words.text(sentence), retryAfterSeconds }
  const page = route.view(visit, { form, violations: [], ...refused })
  return { page, status: 429, refused }
}
