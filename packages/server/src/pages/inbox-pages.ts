/**
 * `/check-inbox` and `/check-inbox/again`: what comes after a sign-up. The mail has a link and a code; the code is for the browser that
 * waits, which then goes on with what its app wants.
 *
 * Nobody learns here whether there is an account: the page is the same for any address.
 */

import { html } from '../html/html.ts'
import { requestMail } from '../recovery/request-mail.ts'
import { verifyEmail } from '../recovery/verify-email.ts'
import { codeField, emailField, pageForm, submitButton } from './fields.ts'
import { rememberEmail } from './typed-email.ts'
import { type Page, type PageRoute, pageAddress, type Tried, type Visit } from './visit.ts'

export const inboxPage: PageRoute = {
  path: '/check-inbox',
  view,
  async submit(deps, ctx, { visit, form }) {
    const email = form.text('email')
    await verifyEmail(deps, ctx, { proof: { token: '', email, code: form.text('code') } })
    return {
      setCookies: [rememberEmail(deps.config, email)],
      to: pageAddress('/sign-in', visit.carried, { notice: 'address_confirmed' }),
    }
  },
}

export const inboxAgainPage: PageRoute = {
  path: '/check-inbox/again',
  view,
  async submit(deps, ctx, { visit, form }) {
    const email = form.text('email')
    await requestMail(deps, ctx, { about: 'email_verification', email })
    return {
      setCookies: [rememberEmail(deps.config, email)],
      to: pageAddress('/check-inbox', visit.carried, { notice: 'resent' }),
    }
  },
}

function view(visit: Visit, tried?: Tried): Page {
  const { words, carried } = visit
  const email = tried?.form.text('email') ?? visit.typedEmail
  const notice = tried === undefined ? noticeOf(visit) : undefined
  const known =
    email !== '' && tried?.violations.every(({ field }) => !field.endsWith('email')) !== false
  const address = known
    ? html`<input type="hidden" name="email" value="${email}">`
    : emailField({
        name: 'email',
        label: words.text('email'),
        value: email,
        autofill: 'email',
        tried,
      })
  return {
    title: words.text('inbox_title'),
    ...(notice !== undefined && { notice }),
    content: html`<p>${known ? words.text('inbox_sent', { email }) : words.text('inbox_sent_somewhere')}</p>
${pageForm(visit, {
  to: '/check-inbox',
  content: html`${address}
${codeField({ name: 'code', label: words.text('code'), value: tried?.form.text('code') ?? '', tried })}
${submitButton(words.text('inbox_button'))}`,
})}
<p class="aside">${words.text('inbox_hint')}</p>
${
  known &&
  pageForm(visit, {
    to: '/check-inbox/again',
    content: html`<input type="hidden" name="email" value="${email}"><p class="aside"><button class="plain" type="submit">${words.text('inbox_again')}</button></p>`,
  })
}
<p class="aside"><a href="${pageAddress('/sign-up', carried)}">${words.text('inbox_another_address')}</a></p>`,
  }
}

function noticeOf({ words, query }: Visit): string | undefined {
  if (query.text('notice') === 'resent') return words.text('inbox_resent')
  if (query.text('notice') === 'first') return words.text('notice_email_not_verified')
  return undefined
}
