/**
 * The app that somebody comes from, as its record shows it: its logo or its initials, its name, its home page, and what it says of
 * itself. The logo comes from here, whatever its record names: no browser tells another host that somebody signs in.
 */

import { logoPath } from '../clients/client-logo.ts'
import { type Html, html } from '../html/html.ts'
import { outsideLink } from './fields.ts'
import { initials } from './initials.ts'
import type { Page, Visit } from './visit.ts'
import type { VisitingApp } from './visiting-app.ts'

/** The app under the heading of a page; where that names it already, its home page. */
export function appHeading({ words, app }: Visit, page: Page): Html | undefined {
  if (app === undefined) return undefined
  const { name, clientUri } = app.client
  const home = clientUri === null ? name : outsideLink(clientUri, new URL(clientUri).host)
  const text = page.withoutApp === true ? home : words.text('continue_to', { app: name })
  return html`<div class="app">${mark(app)}<p class="to">${text}</p></div>`
}

function mark({ client: { name, logoHash } }: VisitingApp): Html {
  if (logoHash === null) return html`<span class="mark" aria-hidden="true">${initials(name)}</span>`
  return html`<img class="mark" src="${logoPath(logoHash)}" width="40" height="40" alt="">`
}

/** What the app says of itself, elsewhere. */
export function appLinks({ words, app }: Visit, page: Page): Html | undefined {
  if (app === undefined) return undefined
  const { name, clientUri, policyUri, tosUri } = app.client
  const links = [
    page.withoutApp === true || clientUri === null
      ? undefined
      : outsideLink(clientUri, words.text('app_home')),
    policyUri === null ? undefined : outsideLink(policyUri, words.text('app_policy')),
    tosUri === null ? undefined : outsideLink(tosUri, words.text('app_terms')),
  ].filter((each) => each !== undefined)
  if (links.length === 0) return undefined
  return html`<p class="aside about"><bdi>${name}</bdi> ${links.map((each) => html`${each} `)}</p>`
}
