/**
 * What a page that signs people in says to whoever has signed in meanwhile, in another tab: they may go on, with what their app has
 * asked for. It stands there when the page is opened, loaded again or shown again, and the script has it brought up to date when
 * somebody comes back to the page.
 */

import { type Html, html } from '../html/html.ts'
import { nameOf, onwardAddress, type Visit } from './visit.ts'

/** The place of it; empty where nobody is signed in who may go on. */
export function signedInNote(visit: Visit): Html {
  const { words, sessions } = visit
  const since = provedSince(visit)
  const found = sessions.find(({ authTime }) => authTime.getTime() >= since)
  const who = found && words.text('already_signed_in', { who: nameOf(found) })
  const note =
    found &&
    html`<div class="note notice"><p>${who} <a href="${onwardAddress(visit, found.sessionId)}">${words.text('go_on')}</a></p></div>`
  return html`<div id="signed-in-note" aria-live="polite" data-fresh="">${note}</div>`
}

/**
 * From when on a proof counts: since the app has asked, however long the page has been open. What an app wants to be proved anew is
 * proved since its request began anew.
 */
function provedSince({ app }: Visit): number {
  if (app === undefined) return 0
  const { prompts, maxAgeSeconds, requestedAtMs } = app.request
  const anew = prompts.includes('login') || maxAgeSeconds !== undefined
  return anew ? requestedAtMs : app.askedAtMs
}
