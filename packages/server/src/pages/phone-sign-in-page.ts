/**
 * `/sign-in-by-phone`, where the configuration allows it: a number, then the code from the text message.
 *
 * A code is good only in the browser that asked for it, which keeps what its request was answered with, and the number, in a
 * cookie: no address, log or history has either. Whether anybody has the number is said by nothing here.
 *
 * Specs: NIST SP 800-63B-4 §3.1.3.3 (restricted authenticators), OWASP ASVS 5.0 V6.3.8, V6.6.2.
 */

import { ErrorReason } from '@signet/contract'
import { readCookie, writeCookie } from '../cookie-header.ts'
import { SignetError } from '../errors.ts'
import { html } from '../html/html.ts'
import { codeLifetimeSeconds } from '../phones/phone-codes.ts'
import { offersPhoneSignIn, requestPhoneSignIn, signInByPhone } from '../phones/sign-in-by-phone.ts'
import { enterBrowser } from '../sign-in/browser-sign-in.ts'
import { notFoundPage } from './error-page.ts'
import { codeField, pageForm, phoneField, submitButton } from './fields.ts'
import { rememberMethod } from './last-method.ts'
import { sendMail } from './mail-again.ts'
import { linkWaiting } from './sign-in-page.ts'
import { signedInNote } from './signed-in-note.ts'
import { stayField, staysSignedIn } from './stay-signed-in.ts'
import {
  onwardAddress,
  type Page,
  type PageRoute,
  pageAddress,
  type Tried,
  type Visit,
} from './visit.ts'

const path = '/sign-in-by-phone'

export const phoneSignInPage: PageRoute = {
  path,
  view,

  async show(_deps, _ctx, visit) {
    if (!offersPhoneSignIn(visit.config)) return { page: notFoundPage(visit), status: 404 }
    return { page: view(visit) }
  },

  async submit(deps, ctx, { visit, form }) {
    const { config, cookieHeader, carried } = visit
    if (form.text('step') === 'ask') {
      const send = async () => {
        const { id, canonical } = await requestPhoneSignIn(deps, ctx, { phone: form.text('phone') })
        const kept = { value: `${id}.${canonical.slice(1)}`, maxAgeSeconds: codeLifetimeSeconds }
        return {
          setCookies: [writeCookie(config, 'texted', kept)],
          to: pageAddress(path, carried, { step: 'code' }),
        }
      }
      const asked = { visit, form, sentence: 'phone_too_early' } as const
      return form.text('again') === '' ? send() : sendMail(phoneSignInPage, asked, send)
    }
    const { id, phone } = askedIn(visit)
    if (id === '') throw new SignetError(ErrorReason.LINK_INVALID)
    const entry = { identifier: phone, cookieHeader, persistent: staysSignedIn(visit) }
    const signedIn = await enterBrowser(deps, entry, (how) =>
      signInByPhone(deps, ctx, { id, phone, code: form.text('code'), device: undefined, ...how }),
    )
    await linkWaiting(deps, ctx, { visit, ...signedIn })
    const used = writeCookie(config, 'texted', { value: '', maxAgeSeconds: 0 })
    return {
      setCookies: [...signedIn.setCookies, used, rememberMethod(visit, 'phone')],
      to: onwardAddress(visit, signedIn.sessionId),
    }
  },
}

/** What the request for the message was answered with, and for which number; empty in a browser that did not ask. */
function askedIn({ config, cookieHeader }: Visit): { id: string; phone: string } {
  const kept = readCookie(config, cookieHeader, 'texted') ?? ''
  const [, id = '', digits = ''] =
    /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(\d+)$/u.exec(kept) ?? []
  return { id, phone: digits === '' ? '' : `+${digits}` }
}

function view(visit: Visit, tried?: Tried): Page {
  const given = tried?.form ?? visit.query
  // Whoever asks for another message too early may still have the code of the latest one.
  const waits = given.text('step') === 'code' || given.text('again') !== ''
  return waits ? codePage(visit, tried) : askPage(visit, tried)
}

function askPage(visit: Visit, tried?: Tried): Page {
  const { words, carried } = visit
  return {
    title: words.text('phone_sign_in_title'),
    content: html`${signedInNote(visit)}
<p>${words.text('phone_sign_in_ask')}</p>
${pageForm(visit, {
  to: path,
  content: html`<input type="hidden" name="step" value="ask">
${phoneField({
  name: 'phone',
  label: words.text('phone'),
  hint: words.text('phone_hint'),
  value: tried?.form.text('phone') ?? askedIn(visit).phone,
  tried,
})}
${
  // The address that is known here need not be of who signs in by this number.
  stayField({ ...visit, knownEmail: '' })
}
${submitButton(words.text('phone_sign_in_send'))}`,
})}
<p class="aside"><a href="${pageAddress('/sign-in', carried)}">${words.text('sign_in_link')}</a></p>`,
  }
}

function codePage(visit: Visit, tried?: Tried): Page {
  const { words, carried } = visit
  const { phone } = askedIn(visit)
  if (phone === '') return askPage(visit, tried)
  return {
    title: words.text('phone_code_title'),
    content: html`${signedInNote(visit)}
<p>${words.text('phone_sign_in_sent', { phone })}</p>
${pageForm(visit, {
  to: path,
  content: html`<input type="hidden" name="step" value="code">
${codeField({ name: 'code', label: words.text('phone_code'), value: tried?.form.text('code') ?? '', tried })}
${submitButton(words.text('sign_in_button'))}`,
})}
${pageForm(visit, {
  to: path,
  content: html`<input type="hidden" name="step" value="ask"><input type="hidden" name="again" value="1"><input type="hidden" name="phone" value="${phone}"><p class="again"><button class="plain" type="submit">${words.text('phone_again')}</button></p>`,
})}
<p class="aside"><a href="${pageAddress(path, carried)}">${words.text('phone_another')}</a></p>`,
  }
}
