/**
 * The pages that mails lead to: `/verify-email` and `/reset-password`, and `/forgot-password`, which has one sent.
 *
 * A GET shows a form and does nothing, so that scanners of mail may open every link. A new password is set with the link, or with
 * its code where somebody waits in this browser.
 *
 * Specs: OWASP ASVS 5.0 V6.3.8, V6.4.1, V6.4.3, V7.4.3.
 */

import { html } from '../html/html.ts'
import { requestMail } from '../recovery/request-mail.ts'
import { resetPassword } from '../recovery/reset-password.ts'
import { verifyEmail } from '../recovery/verify-email.ts'
import {
  codeField,
  emailField,
  pageForm,
  passwordField,
  submitButton,
  usernameNote,
} from './fields.ts'
import { rememberEmail } from './typed-email.ts'
import { type PageRoute, pageAddress } from './visit.ts'

export const verifyEmailPage: PageRoute = {
  path: '/verify-email',

  view(visit, tried) {
    const { words } = visit
    const token = tried?.form.text('token') ?? visit.query.text('token')
    return {
      title: words.text('verify_title'),
      content: html`<p>${words.text('verify_lead')}</p>
${pageForm(visit, {
  to: '/verify-email',
  content: html`<input type="hidden" name="token" value="${token}">
${submitButton(words.text('verify_button'))}`,
})}
<p class="aside">${words.text('verify_not_you')}</p>`,
    }
  },

  async submit(deps, ctx, { visit, form }) {
    const proof = { token: form.text('token'), email: '', code: '' }
    const { email } = await verifyEmail(deps, ctx, { proof })
    return {
      setCookies: [rememberEmail(deps.config, email)],
      to: pageAddress('/sign-in', visit.carried, { notice: 'address_confirmed' }),
    }
  },
}

export const forgotPasswordPage: PageRoute = {
  path: '/forgot-password',

  view(visit, tried) {
    const { words, carried, knownEmail } = visit
    return {
      title: words.text('forgot_title'),
      content: html`<p>${words.text('forgot_lead')}</p>
${pageForm(visit, {
  to: '/forgot-password',
  content: html`${emailField({
    name: 'email',
    label: words.text('email'),
    value: tried?.form.text('email') ?? knownEmail,
    autofill: 'username',
    tried,
  })}
${submitButton(words.text('forgot_button'))}`,
})}
<p class="aside"><a href="${pageAddress('/sign-in', carried)}">${words.text('sign_in_link')}</a></p>`,
    }
  },

  async submit(deps, ctx, { visit, form }) {
    const email = form.text('email')
    await requestMail(deps, ctx, { about: 'password_reset', email })
    return {
      setCookies: [rememberEmail(deps.config, email)],
      to: pageAddress('/reset-password', visit.carried),
    }
  },
}

export const resetPasswordPage: PageRoute = {
  path: '/reset-password',

  view(visit, tried) {
    const { words, carried, config } = visit
    const { passwordMinLength: minLength } = config
    const token = tried?.form.text('token') ?? visit.query.text('token')
    const email = tried?.form.text('email') || visit.typedEmail
    const lead =
      token !== ''
        ? words.text('reset_lead')
        : email === ''
          ? words.text('reset_sent_somewhere')
          : words.text('reset_sent', { email })
    const proof =
      token !== ''
        ? html`<input type="hidden" name="token" value="${token}">`
        : html`${email === '' ? emailField({ name: 'email', label: words.text('email'), value: '', autofill: 'username', tried }) : usernameNote(words.text('email'), email)}
${codeField({ name: 'code', label: words.text('code'), value: tried?.form.text('code') ?? '', tried })}`
    return {
      title: words.text('reset_title'),
      content: html`<p>${lead}</p>
${pageForm(visit, {
  to: '/reset-password',
  content: html`${proof}
${passwordField({
  name: 'newPassword',
  label: words.text('new_password'),
  autofill: 'new-password',
  minLength,
  hint: words.text('password_rules', { min: String(minLength) }),
  words,
  tried,
})}
${submitButton(words.text('reset_button'))}`,
})}
${token === '' && html`<p class="aside">${words.text('reset_lead')}</p>`}
<p class="aside"><a href="${pageAddress('/forgot-password', carried)}">${words.text('inbox_again')}</a></p>`,
    }
  },

  async submit(deps, ctx, { visit, form }) {
    const proof = {
      token: form.text('token'),
      email: form.text('email'),
      code: form.text('code'),
    }
    await resetPassword(deps, ctx, { proof, newPassword: form.text('newPassword') })
    return { to: pageAddress('/sign-in', visit.carried, { notice: 'password_set' }) }
  },
}
