/**
 * `/choose-account`: which of the accounts in this browser goes on. Choosing one makes it the active one, and tells the app that waits.
 * Removing one signs it out, everywhere in this browser and in what apps hold by it, as signing out does; the account itself stays.
 *
 * Specs: OpenID Connect Core 1.0 §3.1.2.1 (select_account).
 */

import { html } from '../html/html.ts'
import { type BrowserSession, browserCookies } from '../sessions/browser-session.ts'
import { type AccountDetails, pick, readAccountDetails } from './account-list.ts'
import { pageForm } from './fields.ts'
import { signOutHere } from './sign-out-here.ts'
import {
  nameOf,
  onwardAddress,
  type Page,
  type PageRoute,
  pageAddress,
  type Visit,
} from './visit.ts'

export const chooseAccountPage: PageRoute = {
  path: '/choose-account',

  view: (visit) => view(visit, new Map()),

  async show(deps, _ctx, visit) {
    const { sessions, carried } = visit
    if (sessions.length === 0) return { to: pageAddress('/sign-in', carried) }
    return { page: view(visit, await readAccountDetails(deps, sessions)) }
  },

  async submit(deps, ctx, { visit, form }) {
    const { sessions, carried } = visit
    const [chosenId, removedId] = [form.text('session'), form.text('remove')]
    const removed = sessions.find(({ sessionId }) => sessionId === removedId)
    if (removed !== undefined) {
      const { kept, setCookies } = await signOutHere(deps, ctx, { visit, leaving: [removed] })
      return {
        setCookies,
        to: pageAddress(kept.length === 0 ? '/sign-in' : '/choose-account', carried),
      }
    }
    const chosen = sessions.find(({ sessionId }) => sessionId === chosenId)
    // It has ended meanwhile, or is of another browser: whoever it is signs in.
    if (chosen === undefined) return { to: pageAddress('/sign-in', carried) }
    const others = sessions.filter((session) => session !== chosen)
    return {
      setCookies: browserCookies(deps.config, [chosen, ...others]),
      to: onwardAddress(visit, chosen.sessionId),
    }
  },
}

function view(visit: Visit, details: ReadonlyMap<BrowserSession, AccountDetails>): Page {
  const { words, carried, sessions } = visit
  return {
    title: words.text('choose_title'),
    content: html`<ul class="accounts chooser">${sessions.map((session) => html`<li>${pick(visit, session, details.get(session))}${remove(visit, session)}</li>\n`)}</ul>
<p class="hint">${words.text('remove_hint')}</p>
<p class="stack"><a class="button second" href="${pageAddress('/sign-in', carried, { another: '1' })}">${words.text('add_account')}</a></p>`,
  }
}

function remove(visit: Visit, session: BrowserSession) {
  const { words } = visit
  const label = words.text('remove_named', { who: nameOf(session) })
  return pageForm(visit, {
    to: '/choose-account',
    content: html`<input type="hidden" name="remove" value="${session.sessionId}"><button class="plain" type="submit" aria-label="${label}">${words.text('remove_button')}</button>`,
  })
}
