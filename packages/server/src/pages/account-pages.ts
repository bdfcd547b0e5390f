/**
 * Who is signed in in this browser: `/signed-in`, `/sign-out` and `/signed-out`.
 *
 * Signing out ends the session everywhere, with what apps hold in it, as every other way to end one does.
 *
 * Specs: OWASP ASVS 5.0 V7.4.1, V7.4.4.
 */

import { ErrorReason } from '@signet/contract'
import { SignetError } from '../errors.ts'
import { type Html, html } from '../html/html.ts'
import type { BrowserSession } from '../sessions/browser-session.ts'
import { type AccountDetails, appList, appsToAskAgain, person, pick } from './account-list.ts'
import { pageForm, submitButton } from './fields.ts'
import { signOutHere } from './sign-out-here.ts'
import { nameOf, type Page, type PageRoute, pageAddress, type Visit } from './visit.ts'

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
<a class="button second" href="${pageAddress('/sign-in', carried, { another: '1' })}">${words.text('add_account')}</a>
<a class="button second" href="${pageAddress('/apps', carried)}">${words.text('apps_title')}</a>
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

export const signOutPage: PageRoute = {
  path: '/sign-out',

  view: (visit) => questionPage(visit, []),

  async show(deps, _ctx, visit) {
    const { sessions, carried } = visit
    const [active] = sessions
    if (active === undefined) return { to: pageAddress('/signed-out', carried) }
    return { page: questionPage(visit, await appsToAskAgain(deps, active)) }
  },

  async submit(deps, ctx, { visit, form }) {
    const { sessions, carried } = visit
    const wanted = form.text('session')
    if (wanted === '') throw new SignetError(ErrorReason.INVALID_ARGUMENT)
    const leaving = sessions.filter(({ sessionId }) => wanted === 'all' || sessionId === wanted)
    const { kept, setCookies } = await signOutHere(deps, ctx, { visit, leaving })
    return {
      setCookies,
      to: pageAddress(kept.length === 0 ? '/signed-out' : '/signed-in', carried),
    }
  },
}

function questionPage(visit: Visit, apps: AccountDetails['apps']): Page {
  const { words, carried, sessions } = visit
  const [active] = sessions
  return {
    title: words.text('sign_out_title'),
    content: html`${active !== undefined && html`<p>${words.text('signed_in_as', { who: nameOf(active) })}</p>`}
<p>${words.text('sign_out_lead')}</p>
${appList(apps)}
<div class="stack">
${pageForm(visit, { to: '/sign-out', content: html`<input type="hidden" name="session" value="${sessions.length > 1 ? (active?.sessionId ?? '') : 'all'}">${submitButton(words.text('sign_out_button'))}` })}
<a class="button second" href="${pageAddress('/signed-in', carried)}">${words.text('stay')}</a>
</div>`,
  }
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
