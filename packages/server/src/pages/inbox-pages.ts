/**
 * `/check-inbox` and `/check-inbox/again`: what comes after a sign-up. The mail has a link and a code; the code is for the browser that
 * waits, which then goes on with what its app wants. Where the link is opened elsewhere, this browser goes on too: its page asks
 * at `/check-inbox/news`, and without a script a link does the same.
 *
 * Nobody learns here whether there is an account: the page is the same for any address, and so is what is asked after it.
 *
 * Specs: OWASP ASVS 5.0 V6.3.8.
 */

import type { FastifyInstance } from 'fastify'
import { html } from '../html/html.ts'
import type { UserId } from '../ids.ts'
import { requestMail } from '../recovery/request-mail.ts'
import { verifyEmail } from '../recovery/verify-email.ts'
import { codeField, emailField, pageForm, submitButton } from './fields.ts'
import { isFromElsewhere } from './form-token.ts'
import { againForm, rememberMail, secondsToWait, sendMail, tooEarly } from './mail-again.ts'
import { readVisitor } from './read-visit.ts'
import type { PageParts } from './render-page.ts'
import { rememberEmail } from './typed-email.ts'
import {
  type Page,
  type PageAnswer,
  type PageRoute,
  pageAddress,
  type Tried,
  type Visit,
} from './visit.ts'
import { forgetClaim, isClaimProved, watchedClaim } from './watched-claim.ts'

const path = '/check-inbox'
const newsPath = `${path}/news`
const about = 'email_verification'

export const inboxPage: PageRoute = {
  path,
  view,

  async show(deps, _ctx, visit) {
    return (await isClaimProved(deps, visit)) ? proved(visit) : { page: view(visit) }
  },

  async submit(deps, ctx, { visit, form }) {
    const email = form.text('email')
    const code = form.text('code')
    await verifyEmail(deps, ctx, {
      proof: { token: '', email, code, ...ownClaim(deps, visit, email) },
    })
    const { to, setCookies = [] } = proved(visit)
    return { to, setCookies: [...setCookies, rememberEmail(visit, email)] }
  },
}

/** Where somebody goes on whose address is proved. */
function proved(visit: Visit): PageAnswer & { to: string } {
  return {
    setCookies: [forgetClaim(visit)],
    to: pageAddress('/sign-in', visit.carried, { notice: 'address_confirmed' }),
  }
}

export const inboxAgainPage: PageRoute = {
  path: `${path}/again`,
  view,

  async submit(deps, ctx, { visit, form }) {
    // Nothing else counts the mail of a sign-up. Pages where an address is typed do not ask this: for another one nobody waits.
    const wait = secondsToWait(visit, about)
    if (wait > 0) return tooEarly(inboxAgainPage, { visit, form }, wait)
    const email = form.text('email')
    return sendMail(inboxAgainPage, { visit, form }, async () => {
      const wanted = { about, email, ...ownClaim(deps, visit, email) } as const
      const { waitSeconds } = await requestMail(deps, ctx, wanted)
      return {
        setCookies: [rememberEmail(visit, email), rememberMail(visit, about, waitSeconds)],
        to: pageAddress(path, visit.carried, { notice: 'resent' }),
      }
    })
  },
}

/**
 * Whose proof this browser waits for. Somebody else may have claimed the address later: who opens a mail that was asked for here must
 * not prove a stranger's account.
 */
function ownClaim(
  deps: Parameters<typeof watchedClaim>[0],
  visit: Visit,
  email: string,
): { userId?: UserId } {
  const claim = watchedClaim(deps, visit)
  return claim?.email === email ? { userId: claim.userId } : {}
}

/**
 * Adds what the page asks while it waits: `{"proved": false}`, until the address is proved that this very browser has asked about.
 * It costs one statement, and none for whoever has asked about nothing.
 */
export function mountInboxNews(fastify: FastifyInstance, { deps, call }: PageParts): void {
  fastify.get(newsPath, async (request, reply) => {
    const isProved = await call(`GET ${newsPath}`, { request, reply }, async () => {
      const { visit } = await readVisitor(deps, request)
      const where = { host: visit.host, issuer: deps.config.issuer }
      return !isFromElsewhere(request.headers, where) && (await isClaimProved(deps, visit))
    })
    return reply.header('cache-control', 'no-store').send({ proved: isProved })
  })
}

function view(visit: Visit, tried?: Tried): Page {
  const { words, carried } = visit
  const email = tried?.form.text('email') ?? visit.typedEmail
  const notice = tried === undefined ? noticeOf(visit) : undefined
  const known =
    email !== '' && tried?.violations.every(({ field }) => !field.endsWith('email')) !== false
  const hidden = html`<input type="hidden" name="email" value="${email}">`
  const field = { name: 'email', label: words.text('email'), value: email, tried }
  return {
    title: words.text('inbox_title'),
    ...(notice !== undefined && { notice }),
    content: html`<p>${known ? words.text('inbox_sent', { email }) : words.text('inbox_sent_somewhere')}</p>
${pageForm(visit, {
  to: path,
  content: html`${known ? hidden : emailField({ ...field, autofill: 'email' })}
${codeField({ name: 'code', label: words.text('code'), value: tried?.form.text('code') ?? '', tried })}
${submitButton(words.text('inbox_button'))}`,
})}
${known && onward(visit)}
<p class="aside">${words.text('inbox_hint')}</p>
${known && againForm(visit, { to: `${path}/again`, about, content: hidden, tried })}
<p class="aside"><a href="${pageAddress('/sign-up', carried, { change: 'email' })}">${words.text('inbox_another_address')}</a></p>`,
  }
}

/** The way on for whoever has opened the link elsewhere. The page takes it by itself, where scripts run. */
function onward({ words, carried, query }: Visit) {
  const pressed = query.text('notice') === 'pressed'
  const to = pageAddress(path, carried, { notice: 'pressed' })
  return html`<div class="onward">
${pressed && html`<div class="note caution" role="status"><p>${words.text('inbox_not_yet')}</p></div>`}
<p data-waits="${newsPath}" data-then="${to}">${words.text('inbox_opened')}</p>
<a class="button second" href="${to}">${words.text('go_on')}</a>
</div>`
}

function noticeOf({ words, query }: Visit): string | undefined {
  if (query.text('notice') === 'resent') return words.text('inbox_resent')
  if (query.text('notice') === 'first') return words.text('notice_email_not_verified')
  return undefined
}
