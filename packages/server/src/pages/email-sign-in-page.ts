/**
 * `/sign-in-by-email`, where the configuration allows it: an address, then the code from the mail, or its link.
 *
 * What comes by mail is good only in the browser that asked for it, which keeps what its request was answered with in a cookie. A
 * link that is opened elsewhere says where to go, and does nothing; opened here it shows a button, because programs open links too.
 *
 * Specs: OWASP ASVS 5.0 V6.3.6, V6.3.8, V6.6.2.
 */

import { ErrorReason } from '@signet/contract'
import { readCookie, writeCookie } from '../cookie-header.ts'
import { SignetError } from '../errors.ts'
import type { Onward } from '../federation/provider-sign-in.ts'
import { html } from '../html/html.ts'
import { codeLifetimeMinutes } from '../mail/mail-kinds.ts'
import { requestEmailSignIn, signInByEmail } from '../recovery/email-sign-in.ts'
import { enterBrowser } from '../sign-in/browser-sign-in.ts'
import { notFoundPage } from './error-page.ts'
import { codeField, emailField, pageForm, submitButton } from './fields.ts'
import { rememberMethod } from './last-method.ts'
import { againForm, rememberMail, sendMail } from './mail-again.ts'
import { linkWaiting } from './sign-in-page.ts'
import { signedInNote } from './signed-in-note.ts'
import { stayField, staysSignedIn } from './stay-signed-in.ts'
import { rememberEmail } from './typed-email.ts'
import {
  onwardAddress,
  type Page,
  type PageRoute,
  pageAddress,
  type Tried,
  type Visit,
} from './visit.ts'

const path = '/sign-in-by-email'

export const emailSignInPage: PageRoute = {
  path,
  view,

  async show(_deps, _ctx, visit) {
    const { config, query } = visit
    const isMailed = query.text('token') !== ''
    if (!config.emailSignIn && !isMailed) return { page: notFoundPage(visit), status: 404 }
    return { page: view(visit) }
  },

  async submit(deps, ctx, { visit, form }) {
    const { config, cookieHeader, carried } = visit
    const [email, code, token] = ['email', 'code', 'token'].map((name) => form.text(name))
    if (email === undefined || code === undefined || token === undefined)
      throw new SignetError(ErrorReason.INVALID_ARGUMENT)
    if (form.text('step') === 'ask') {
      return sendMail(emailSignInPage, { visit, form }, async () => {
        const { requestToken, waitSeconds } = await requestEmailSignIn(deps, ctx, { email })
        const value = [requestToken, carried.stay].join('.')
        const asked = { value, maxAgeSeconds: codeLifetimeMinutes * 60 }
        return {
          setCookies: [
            writeCookie(config, 'mailed', asked),
            rememberEmail(visit, email),
            rememberMail(visit, 'email_sign_in', waitSeconds),
          ],
          to: pageAddress(path, carried, { step: 'code' }),
        }
      })
    }
    const { requestToken } = askedIn(visit)
    const persistent = staysSignedIn(visit)
    const entry = { identifier: visit.typedEmail, cookieHeader, persistent }
    const signedIn = await enterBrowser(deps, entry, (how) =>
      signInByEmail(deps, ctx, { requestToken, token, code, device: undefined, ...how }),
    )
    await linkWaiting(deps, ctx, { visit, ...signedIn })
    const used = writeCookie(config, 'mailed', { value: '', maxAgeSeconds: 0 })
    return {
      setCookies: [...signedIn.setCookies, used, rememberMethod(visit, 'email')],
      to: onwardAddress(visit, signedIn.sessionId),
    }
  },
}

/** What the request for the mail was answered with, and what was said of staying signed in; empty in a browser that did not ask. */
function askedIn({ config, cookieHeader }: Visit): { requestToken: string; stay: Onward['stay'] } {
  const [requestToken = '', stay] = readCookie(config, cookieHeader, 'mailed')?.split('.', 2) ?? []
  return { requestToken, stay: stay === 'yes' || stay === 'no' ? stay : '' }
}

function view(visit: Visit, tried?: Tried): Page {
  const given = tried?.form ?? visit.query
  if (given.text('token') !== '') return linkPage(visit, given.text('token'))
  // Whoever asks for another mail too early may still have the code of the latest one.
  const waits = given.text('step') === 'code' || given.text('again') !== ''
  return waits ? codePage(visit, tried) : askPage(visit, tried)
}

function askPage(visit: Visit, tried?: Tried): Page {
  const { words, carried, knownEmail } = visit
  return {
    title: words.text('email_sign_in_title'),
    content: html`${signedInNote(visit)}
<p>${words.text('email_sign_in_ask')}</p>
${pageForm(visit, {
  to: path,
  content: html`<input type="hidden" name="step" value="ask">
${emailField({
  name: 'email',
  label: words.text('email'),
  value: tried?.form.text('email') ?? knownEmail,
  autofill: 'username',
  tried,
})}
${stayField(visit)}
${submitButton(words.text('email_sign_in_send'))}`,
})}
<p class="aside"><a href="${pageAddress('/sign-in', carried)}">${words.text('sign_in_link')}</a></p>`,
  }
}

function codePage(visit: Visit, tried?: Tried): Page {
  const { words, carried, typedEmail } = visit
  return {
    title: words.text('inbox_title'),
    content: html`${signedInNote(visit)}
<p>${words.text('email_sign_in_sent', { email: typedEmail })}</p>
${pageForm(visit, {
  to: path,
  content: html`<input type="hidden" name="step" value="code">
${codeField({ name: 'code', label: words.text('code'), value: tried?.form.text('code') ?? '', tried })}
${submitButton(words.text('sign_in_button'))}`,
})}
<p class="aside">${words.text('inbox_hint')}</p>
${
  typedEmail !== '' &&
  againForm(visit, {
    to: path,
    about: 'email_sign_in',
    tried,
    content: html`<input type="hidden" name="step" value="ask"><input type="hidden" name="again" value="1"><input type="hidden" name="email" value="${typedEmail}">`,
  })
}
<p class="aside"><a href="${pageAddress(path, carried)}">${words.text('inbox_another_address')}</a></p>`,
  }
}

function linkPage(visit: Visit, token: string): Page {
  const { words, carried } = visit
  const { requestToken, stay } = askedIn(visit)
  if (requestToken === '') {
    return {
      title: words.text('email_sign_in_elsewhere_title'),
      content: html`<p>${words.text('email_sign_in_elsewhere_lead')}</p>`,
    }
  }
  return {
    title: words.text('email_sign_in_title'),
    content: html`<p>${words.text('email_sign_in_here')}</p>
${pageForm(visit, {
  to: path,
  content: html`<input type="hidden" name="token" value="${token}">
${stayField({ ...visit, carried: { ...carried, stay: carried.stay || stay } })}
${submitButton(words.text('sign_in_button'))}`,
})}`,
  }
}
