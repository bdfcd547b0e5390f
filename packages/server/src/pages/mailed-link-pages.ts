/**
 * The pages that mails lead to: `/verify-email`, `/confirm-email`, `/undo-email-change` and `/reset-password`; and
 * `/forgot-password`, which has one sent.
 *
 * A GET shows a form and does nothing, so that scanners of mail may open every link. A new password is set with the link, or with
 * its code where somebody waits in this browser.
 *
 * Specs: OWASP ASVS 5.0 V6.3.8, V6.4.1, V6.4.3, V7.4.3.
 */

import { confirmEmail } from '../emails/confirm-email.ts'
import { undoEmailChange } from '../emails/undo-email-change.ts'
import { html } from '../html/html.ts'
import { acceptInvitation } from '../invitations/accept-invitation.ts'
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
import { againForm, rememberMail, sendMail } from './mail-again.ts'
import { rememberEmail } from './typed-email.ts'
import { type PageRoute, pageAddress, type Tried, type Visit } from './visit.ts'

/** A page that is a button: whoever presses it reads the mailbox. */
function buttonPage(
  key: 'verify' | 'confirm' | 'undo',
  page: Required<Pick<PageRoute, 'path' | 'submit'>>,
): PageRoute {
  const { path } = page
  return {
    ...page,
    view(visit, tried) {
      const { words } = visit
      const token = tried?.form.text('token') ?? visit.query.text('token')
      return {
        title: words.text(`${key}_title`),
        content: html`<p>${words.text(`${key}_lead`)}</p>
${pageForm(visit, {
  to: path,
  content: html`<input type="hidden" name="token" value="${token}">
${submitButton(words.text(`${key}_button`))}`,
})}
<p class="aside">${words.text('link_not_you')}</p>`,
      }
    },
  }
}

export const verifyEmailPage = buttonPage('verify', {
  path: '/verify-email',
  async submit(deps, ctx, { visit, form }) {
    const proof = { token: form.text('token'), email: '', code: '' }
    const { email } = await verifyEmail(deps, ctx, { proof })
    return {
      setCookies: [rememberEmail(visit, email)],
      to: pageAddress('/sign-in', visit.carried, { notice: 'address_confirmed' }),
    }
  },
})

export const confirmEmailPage = buttonPage('confirm', {
  path: '/confirm-email',
  async submit(deps, ctx, { visit, form }) {
    const proof = { token: form.text('token'), email: '', code: '' }
    await confirmEmail(deps, ctx, { proof })
    return { to: pageAddress('/done', visit.carried, { what: 'address_added' }) }
  },
})

export const undoEmailChangePage = buttonPage('undo', {
  path: '/undo-email-change',
  async submit(deps, ctx, { visit, form }) {
    await undoEmailChange(deps, ctx, { token: form.text('token') })
    return { to: pageAddress('/done', visit.carried, { what: 'address_back' }) }
  },
})

/** Where somebody who was invited chooses a password. */
export const acceptInvitationPage: PageRoute = {
  path: '/accept-invitation',
  view(visit, tried) {
    const { words, config } = visit
    const { passwordMinLength: minLength } = config
    const token = tried?.form.text('token') ?? visit.query.text('token')
    return {
      title: words.text('invitation_title'),
      content: html`<p>${words.text('invitation_lead')}</p>
${pageForm(visit, {
  to: '/accept-invitation',
  content: html`<input type="hidden" name="token" value="${token}">
${passwordField({
  name: 'password',
  label: words.text('new_password'),
  autofill: 'new-password',
  minLength,
  hint: words.text('password_rules', { min: String(minLength) }),
  words,
  tried,
})}
${submitButton(words.text('invitation_button'))}`,
})}`,
    }
  },
  async submit(deps, ctx, { visit, form }) {
    const [token, password] = [form.text('token'), form.text('password')]
    const from = { token, email: '', code: '', displayName: '' }
    const { email } = await acceptInvitation(deps, ctx, { ...from, password })
    return {
      setCookies: [rememberEmail(visit, email)],
      to: pageAddress('/sign-in', visit.carried, { notice: 'invitation_accepted' }),
    }
  },
}

const done = ['address_added', 'address_back'] as const

/** What is left to say after a button was pressed. */
export const donePage: PageRoute = {
  path: '/done',
  view({ words, query }) {
    const what = done.find((each) => each === query.text('what')) ?? 'address_added'
    return {
      title: words.text(`done_${what}_title`),
      content: html`<p>${words.text(`done_${what}_lead`)}</p>`,
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
    const about = 'password_reset'
    return sendMail(forgotPasswordPage, { visit, form }, async () => {
      const { waitSeconds } = await requestMail(deps, ctx, { about, email })
      return {
        setCookies: [rememberEmail(visit, email), rememberMail(visit, about, waitSeconds)],
        to: pageAddress('/reset-password', visit.carried),
      }
    })
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
${token === '' && email !== '' ? resetMailAgain(visit, email, tried) : html`<p class="aside"><a href="${pageAddress('/forgot-password', carried)}">${words.text('inbox_again')}</a></p>`}`,
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

/** What whoever waits for the mail may do: have another one, name another address, or sign in, where it was done elsewhere. */
function resetMailAgain(visit: Visit, email: string, tried: Tried | undefined) {
  const { words, carried } = visit
  const to = '/forgot-password'
  const content = html`<input type="hidden" name="email" value="${email}">`
  return html`${againForm(visit, { to, about: 'password_reset', content, tried })}
<p class="aside"><a href="${pageAddress(to, carried)}">${words.text('inbox_another_address')}</a> <a href="${pageAddress('/sign-in', carried)}">${words.text('sign_in_link')}</a></p>`
}
