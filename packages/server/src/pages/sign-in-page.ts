/**
 * `/sign-in`: identifier and password in one form, so that a password manager fills both.
 *
 * Whoever is signed in already is told so, and may go on. What was typed is kept, but for the password: the ways to a new account, a
 * new password and other ways in are buttons of the same form, so that the address follows, whether a script runs or not.
 *
 * Specs: OWASP ASVS 5.0 V6.2.6, V6.3.8; RFC 9700 §4.12 (303 after a form with a password).
 */

import type { Deps } from '../deps.ts'
import { takeUpInBrowser } from '../federation/linking.ts'
import { type Html, html } from '../html/html.ts'
import type { SessionId, UserId } from '../ids.ts'
import { offersPhoneSignIn } from '../phones/sign-in-by-phone.ts'
import type { RequestContext } from '../request-context.ts'
import { signInInBrowser } from '../sign-in/browser-sign-in.ts'
import { AddressNotProved } from '../sign-in/unverified.ts'
import { emailField, pageForm, passwordField, submitButton } from './fields.ts'
import { lastUsedMark, rememberMethod } from './last-method.ts'
import { patienceSeconds, rememberMail } from './mail-again.ts'
import { providerButtons } from './provider-buttons.ts'
import { signedInNote } from './signed-in-note.ts'
import { stayField, stayLink, staysSignedIn } from './stay-signed-in.ts'
import { rememberEmail } from './typed-email.ts'
import { onwardAddress, type PageRoute, pageAddress, type Visit } from './visit.ts'
import { watchClaim } from './watched-claim.ts'

const notices = [
  'address_confirmed',
  'invitation_accepted',
  'password_set',
  'signed_out',
  'set_up',
] as const

export const signInPage: PageRoute = {
  path: '/sign-in',

  view(visit, tried) {
    const { words, config, knownEmail, providers } = visit
    const [byEmail, byPhone] = [config.emailSignIn, offersPhoneSignIn(config)]
    const notice = notices.find((each) => each === visit.query.text('notice'))
    return {
      title: words.text('sign_in_title'),
      ...(notice !== undefined &&
        tried === undefined && { notice: words.text(`notice_${notice}`) }),
      content: html`${waitingNote(visit) ?? signedInNote(visit)}
${pageForm(visit, {
  to: '/sign-in',
  id: 'sign-in',
  content: html`${emailField({
    name: 'identifier',
    label: words.text('email'),
    value: tried?.form.text('identifier') ?? knownEmail,
    autofill: 'username',
    tried,
  })}
${passwordField({
  name: 'password',
  label: words.text('password'),
  // Where there is no other way, there is nothing to find again.
  mark: (byEmail || byPhone || providers.length > 0) && lastUsedMark(visit, 'password'),
  autofill: 'current-password',
  words,
  tried,
})}
${stayField(visit)}
${submitButton(words.text('sign_in_button'))}`,
})}
<p class="aside">${wayOn('forgot_password', words.text('forgot_link'))}</p>
${providerButtons(visit)}
${stayLink(visit)}
${byEmail && html`<p class="aside">${wayOn('sign_in_by_email', words.text('email_sign_in_link'))}${lastUsedMark(visit, 'email')}</p>`}
${byPhone && html`<p class="aside">${wayOn('sign_in_by_phone', words.text('phone_sign_in_link'))}${lastUsedMark(visit, 'phone')}</p>`}
<p class="aside">${words.text('no_account')} ${wayOn('sign_up', words.text('sign_up_link'))}</p>`,
    }
  },

  async submit(deps, ctx, { visit, form }) {
    const [identifier, password] = [form.text('identifier'), form.text('password')]
    const way = form.text('way')
    if (isWayOn(way))
      return {
        setCookies: [rememberEmail(visit, identifier)],
        to: pageAddress(waysOn[way], visit.carried),
      }
    const { cookieHeader } = visit
    const persistent = staysSignedIn(visit)
    const entry = { identifier, password, cookieHeader, persistent }
    try {
      const signedIn = await signInInBrowser(deps, ctx, entry)
      await linkWaiting(deps, ctx, { visit, ...signedIn })
      return {
        setCookies: [
          ...signedIn.setCookies,
          rememberEmail(visit, identifier),
          rememberMethod(visit, 'password'),
        ],
        to: onwardAddress(visit, signedIn.sessionId),
      }
    } catch (error) {
      if (!(error instanceof AddressNotProved)) throw error
      const { userId } = error
      return {
        setCookies: [
          rememberEmail(visit, identifier),
          watchClaim(deps, visit, { userId, email: identifier, displayName: '' }),
          rememberMail(visit, 'email_verification', patienceSeconds),
        ],
        to: pageAddress('/check-inbox', visit.carried, { notice: 'first' }),
      }
    }
  },
}

/** Where the form leads that nobody signs in by. */
const waysOn = {
  forgot_password: '/forgot-password',
  sign_in_by_email: '/sign-in-by-email',
  sign_in_by_phone: '/sign-in-by-phone',
  sign_up: '/sign-up',
} as const
type WayOn = keyof typeof waysOn

function isWayOn(text: string): text is WayOn {
  return Object.hasOwn(waysOn, text)
}

/** A way on that takes along what was typed. */
function wayOn(way: WayOn, label: string): Html {
  return html`<button class="plain" type="submit" form="sign-in" name="way" value="${way}" formnovalidate>${label}</button>`
}

/** Whoever comes from a provider with an address that has an account here is told what to do, and what comes of it. */
function waitingNote({ words, waiting, providers }: Visit) {
  if (waiting === undefined) return undefined
  const { name, email } = waiting
  const provider = providers.find(({ id }) => id === waiting.provider)?.name ?? waiting.provider
  const facts = { provider, who: name || email || '–' }
  return html`<div class="note notice"><p>${words.text('waiting_lead', { ...facts, email: email ?? '–' })}</p><p>${words.text('waiting_then', facts)}</p></div>`
}

/** Links the provider that waits in this browser to who has just signed in. */
export async function linkWaiting(
  deps: Pick<Deps, 'db' | 'masterSecret'>,
  ctx: RequestContext,
  { visit, userId, sessionId }: { visit: Visit; userId: UserId; sessionId: SessionId },
): Promise<void> {
  const { carried, browserMark, waiting } = visit
  if (waiting === undefined) return
  await takeUpInBrowser(deps, ctx, {
    ...{ token: carried.waiting, browserMark },
    ...{ userId, sessionId },
  })
}
