/**
 * `/sign-up`: a new account. The answer is the same whoever has the address: look into the inbox.
 *
 * Specs: OWASP ASVS 5.0 V6.2, V6.3.8.
 */

import { html } from '../html/html.ts'
import { newId, type UserId } from '../ids.ts'
import { signUp } from '../sign-in/sign-up.ts'
import { emailField, pageForm, passwordField, submitButton, textField } from './fields.ts'
import { patienceSeconds, rememberMail } from './mail-again.ts'
import { readForm } from './page-form.ts'
import { providerButtons } from './provider-buttons.ts'
import { stayField, stayLink } from './stay-signed-in.ts'
import { rememberEmail } from './typed-email.ts'
import { type PageRoute, pageAddress } from './visit.ts'
import { watchClaim, watchedClaim } from './watched-claim.ts'

export const signUpPage: PageRoute = {
  path: '/sign-up',

  view(visit, tried) {
    const { words, carried, config, knownEmail } = visit
    const { passwordMinLength: minLength } = config
    return {
      title: words.text('sign_up_title'),
      content: html`${pageForm(visit, {
        to: '/sign-up',
        content: html`${emailField({
          name: 'email',
          label: words.text('email'),
          value: tried?.form.text('email') ?? knownEmail,
          autofill: 'username',
          tried,
        })}
${textField({
  name: 'displayName',
  label: words.text('display_name'),
  value: tried?.form.text('displayName') ?? '',
  autofill: 'name',
  optional: words.text('optional'),
  tried,
})}
${passwordField({
  name: 'password',
  label: words.text('password'),
  autofill: 'new-password',
  minLength,
  hint: words.text('password_rules', { min: String(minLength) }),
  words,
  tried,
})}
${stayField(visit)}
${submitButton(words.text('sign_up_button'))}`,
      })}
${providerButtons(visit)}
${stayLink(visit)}
<p class="aside">${words.text('have_account')} <a href="${pageAddress('/sign-in', carried)}">${words.text('sign_in_link')}</a></p>`,
    }
  },

  async show(deps, _ctx, visit) {
    // Whoever comes back to change the address finds the rest as it was, but for the password.
    if (visit.query.text('change') !== 'email') return { page: signUpPage.view(visit) }
    const displayName = watchedClaim(deps, visit)?.displayName ?? ''
    const typed = new URLSearchParams({ email: visit.typedEmail, displayName })
    const tried = { form: readForm(String(typed)), problem: '', violations: [] }
    return { page: signUpPage.view(visit, tried) }
  },

  async submit(deps, ctx, { visit, form }) {
    const [email, displayName] = [form.text('email'), form.text('displayName')]
    const id = newId<UserId>(ctx.now)
    const { locale } = visit.words
    await signUp(deps, ctx, { id, email, password: form.text('password'), displayName, locale })
    return {
      setCookies: [
        rememberEmail(visit, email),
        watchClaim(deps, visit, { userId: id, email, displayName }),
        rememberMail(visit, 'email_verification', patienceSeconds),
      ],
      to: pageAddress('/check-inbox', visit.carried),
    }
  },
}
