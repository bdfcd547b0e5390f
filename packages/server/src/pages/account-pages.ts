/**
 * Who is signed in in this browser: `/signed-in`, `/choose-account`, `/sign-out` and `/signed-out`.
 *
 * Choosing an account makes it the active one, and tells the app that waits which was chosen. Signing out ends the session
 * everywhere, with what apps hold in it, as any other end of it.
 *
 * Specs: OpenID Connect Core 1.0 §3.1.2.1 (select_account), OWASP ASVS 5.0 V7.4.1, V7.4.4.
 */

import { ErrorReason } from '@signet/contract'
import { ownClientId } from '../clients/own-client.ts'
import { SignetError } from '../errors.ts'
import { type Html, type HtmlValue, html } from '../html/html.ts'
import { type BrowserSession, browserCookies } from '../sessions/browser-session.ts'
import { pageForm, submitButton } from './fields.ts'
import { forgetEmail } from './typed-email.ts'
import { nameOf, onwardAddress, type PageRoute, pageAddress, type Visit } from './visit.ts'

export const signedInPage: PageRoute = {
  path: '/signed-in',

  view(visit) {
    const { words, carried, sessions } = visit
    const [active] = sessions
    const others = sessions.length > 1
    return {
      title: words.text('signed_in_title'),
      content: html`${active !== undefined && html`<p>${words.text('signed_in_as', { who: nameOf(active) })}</p>`}
${others && html`<h2>${words.text('accounts_here')}</h2>`}
<ul class="accounts">${sessions.map((session) => account(visit, session))}</ul>
<div class="stack">
<a class="button second" href="${pageAddress('/sign-in', carried)}">${words.text('add_account')}</a>
${others && pageForm(visit, { to: '/sign-out', content: html`<input type="hidden" name="session" value="all"><button class="button second" type="submit">${words.text('sign_out_all')}</button>` })}
</div>`,
    }
  },

  async show(_deps, _ctx, visit) {
    if (visit.sessions.length === 0) return { to: pageAddress('/sign-in', visit.carried) }
    return { page: signedInPage.view(visit) }
  },
}

/** A person with the way out; for one who is not active, the way in too. */
function account(visit: Visit, session: BrowserSession): Html {
  const { words, sessions } = visit
  const active = session === sessions[0]
  const who = nameOf(session)
  const out = html`<input type="hidden" name="session" value="${session.sessionId}"><button class="plain" type="submit" aria-label="${words.text('sign_out_named', { who })}">${words.text('sign_out_button')}</button>`
  return html`<li>${active ? html`<div class="wide">${person(session, html` <span class="tag">${words.text('active_account')}</span>`)}</div>` : pick(visit, session)}${pageForm(visit, { to: '/sign-out', content: out })}</li>
`
}

function person(session: BrowserSession, tag?: HtmlValue): Html {
  const { displayName, email = '' } = session
  if (displayName === '')
    return html`<span class="who long"><bdi dir="ltr">${email || '–'}</bdi>${tag}</span>`
  return html`<span class="who"><bdi>${displayName}</bdi>${tag}</span><span class="mail"><bdi dir="ltr">${email}</bdi></span>`
}

function pick(visit: Visit, session: BrowserSession): Html {
  return html`<div class="wide">${pageForm(visit, { to: '/choose-account', content: html`<input type="hidden" name="session" value="${session.sessionId}"><button class="pick" type="submit">${person(session)}</button>` })}</div>`
}

export const chooseAccountPage: PageRoute = {
  path: '/choose-account',

  view(visit) {
    const { words, carried, sessions } = visit
    return {
      title: words.text('choose_title'),
      content: html`<ul class="accounts">${sessions.map((session) => html`<li>${pick(visit, session)}</li>\n`)}</ul>
<a class="button second" href="${pageAddress('/sign-in', carried)}">${words.text('add_account')}</a>`,
    }
  },

  async show(_deps, _ctx, visit) {
    if (visit.sessions.length === 0) return { to: pageAddress('/sign-in', visit.carried) }
    return { page: chooseAccountPage.view(visit) }
  },

  async submit({ config }, _ctx, { visit, form }) {
    const { sessions } = visit
    const chosen = sessions.find(({ sessionId }) => sessionId === form.text('session'))
    // It has ended meanwhile, or is of another browser: whoever it is signs in.
    if (chosen === undefined) return { to: pageAddress('/sign-in', visit.carried) }
    const others = sessions.filter((session) => session !== chosen)
    return {
      setCookies: browserCookies(config, [chosen, ...others]),
      to: onwardAddress(visit, chosen.sessionId),
    }
  },
}

export const signOutPage: PageRoute = {
  path: '/sign-out',

  view(visit) {
    const { words, carried, sessions } = visit
    const [active] = sessions
    return {
      title: words.text('sign_out_title'),
      content: html`${active !== undefined && html`<p>${words.text('signed_in_as', { who: nameOf(active) })}</p>`}
<p>${words.text('sign_out_lead')}</p>
<div class="stack">
${pageForm(visit, { to: '/sign-out', content: html`<input type="hidden" name="session" value="${sessions.length > 1 ? (active?.sessionId ?? '') : 'all'}">${submitButton(words.text('sign_out_button'))}` })}
<a class="button second" href="${pageAddress('/signed-in', carried)}">${words.text('stay')}</a>
</div>`,
    }
  },

  async show(_deps, _ctx, visit) {
    if (visit.sessions.length === 0) return { to: pageAddress('/signed-out', visit.carried) }
    return { page: signOutPage.view(visit) }
  },

  async submit({ config, sessionEnds }, ctx, { visit, form }) {
    const { sessions, carried } = visit
    const wanted = form.text('session')
    if (wanted === '') throw new SignetError(ErrorReason.INVALID_ARGUMENT)
    const leaving = sessions.filter(({ sessionId }) => wanted === 'all' || sessionId === wanted)
    const ends = leaving.map(({ sessionId, userId }) =>
      sessionEnds.end(ctx, {
        sessionId,
        userId,
        clientId: ownClientId,
        actorId: userId,
        reason: 'signed_out',
      }),
    )
    await Promise.all(ends)
    const kept = sessions.filter((session) => !leaving.includes(session))
    return {
      setCookies: [...browserCookies(config, kept), forgetEmail(config)],
      to: pageAddress(kept.length === 0 ? '/signed-out' : '/signed-in', carried),
    }
  },
}

export const signedOutPage: PageRoute = {
  path: '/signed-out',
  view(visit) {
    const { words, carried } = visit
    return {
      title: words.text('signed_out_title'),
      content: html`<p>${words.text('signed_out_lead')}</p>
<a class="button second" href="${pageAddress('/sign-in', carried)}">${words.text('sign_in_again')}</a>`,
    }
  },
}
