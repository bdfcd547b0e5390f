/**
 * Whether somebody stays signed in when the browser is closed: a box on the pages where a sign-in begins. What was said goes along
 * from page to page, to a provider and back. The box is empty at first, unless the operator has it ticked, and is as the session is
 * where somebody proves again who they are: nobody who stays is thrown out because they were asked for a password once more.
 *
 * Links to providers carry what the box says by the script of the page. Without it another link does (`noscript`).
 *
 * Specs: OWASP ASVS 5.0 V7.3.1.
 */

import { type HtmlValue, html } from '../html/html.ts'
import { type BrowserSession, isPersistent } from '../sessions/browser-session.ts'
import { isForAnother, pageAddress, type Visit } from './visit.ts'

type StayVisit = Pick<Visit, 'config' | 'carried' | 'app' | 'sessions' | 'knownEmail' | 'query'>

/** Whether who signs in now stays signed in. */
export function staysSignedIn(visit: StayVisit): boolean {
  return isPersistent(visit.config, visit.carried.stay, sessionToRenew(visit))
}

/** Whose session goes on, as far as it is known before they have proved who they are. */
function sessionToRenew(visit: StayVisit): BrowserSession | undefined {
  const { app, sessions, knownEmail } = visit
  if (isForAnother(visit)) return undefined
  return (
    sessions.find(({ sessionId }) => sessionId === app?.request.chosenSession) ??
    sessions.find(({ email }) => email !== undefined && email === knownEmail)
  )
}

/** The box, in a form that says nothing else of it; nothing, where nobody is asked. */
export function stayField(visit: Visit): HtmlValue {
  const { words, config } = visit
  if (config.staySignedIn === 'always' || config.staySignedIn === 'never') return undefined
  const box = staysSignedIn(visit)
    ? html`<input id="stay" name="stay" type="checkbox" value="yes" data-carried="" checked>`
    : html`<input id="stay" name="stay" type="checkbox" value="yes" data-carried="">`
  // Of one name the first counts: an empty box sends what follows it.
  return html`<div class="choice">${box}<input type="hidden" name="stay" value="no"><label for="stay">${words.text('stay_signed_in')} <small>${words.text('stay_signed_in_hint')}</small></label></div>`
}

/** Beside links to providers: the way to stay signed in with them where no script runs. */
export function stayLink(visit: Visit): HtmlValue {
  const { words, config, carried, path } = visit
  if (config.staySignedIn === 'always' || config.staySignedIn === 'never') return undefined
  if (staysSignedIn(visit)) return undefined
  const to = pageAddress(path, { ...carried, stay: 'yes' })
  return html`<noscript><p class="aside"><a href="${to}">${words.text('stay_signed_in_with_provider')}</a></p></noscript>`
}
