/**
 * `/consent`: what an app wants with an account, in words, and whether its owner allows it.
 *
 * It is about the session that the protocol decided on, which stands in the sealed request, and no other: where that has ended, the
 * protocol decides again. What is allowed is what the sealed request asks for, and nothing that the form says.
 *
 * Specs: OpenID Connect Core 1.0 §3.1.2.4, OWASP ASVS 5.0 V10.7.1 to V10.7.3.
 */

import { nowhere } from '../federation/provider-sign-in.ts'
import { html } from '../html/html.ts'
import { type ConsentQuestion, describeConsent, giveConsent } from '../oauth/consents.ts'
import { wayBack } from '../oauth/endpoints.ts'
import type { BrowserSession } from '../sessions/browser-session.ts'
import { outsideLink, pageForm } from './fields.ts'
import { scopeWords } from './scope-words.ts'
import { type Page, type PageRoute, pageAddress, resumeAddress, type Visit } from './visit.ts'
import type { VisitingApp } from './visiting-app.ts'

export const consentPage: PageRoute = {
  path: '/consent',

  // What a form of it is refused with stands above this: nothing was typed, so the question is simply asked again.
  view: ({ words, carried }) => ({
    title: words.text('error_title'),
    content: html`<a class="button second" href="${pageAddress('/consent', carried)}">${words.text('try_again')}</a>`,
  }),

  async show(deps, _ctx, visit) {
    const { app, carried } = visit
    if (app === undefined) return { to: pageAddress('/signed-in', carried) }
    const session = askedSession(visit)
    if (session === undefined) return { to: resumeAddress(carried.request) }
    const question = await describeConsent(deps, app.request, session.userId)
    if (question === undefined) return { to: resumeAddress(carried.request) }
    return { page: questionPage(visit, { app, session, question }) }
  },

  async submit(deps, ctx, { visit, form }) {
    const { app, carried } = visit
    if (app === undefined) return { to: pageAddress('/signed-in', carried) }
    const session = askedSession(visit)
    if (session === undefined) return { to: resumeAddress(carried.request) }
    if (form.text('answer') !== 'allow')
      return { to: pageAddress(wayBack.denied, { ...nowhere, request: carried.request }) }
    await giveConsent(deps, ctx, { request: app.request, userId: session.userId })
    return { to: resumeAddress(app.chosen(session.sessionId)) }
  },
}

/** Whose consent is asked for. */
function askedSession({ app, sessions }: Visit): BrowserSession | undefined {
  return sessions.find(({ sessionId }) => sessionId === app?.request.chosenSession)
}

interface Asked {
  app: VisitingApp
  session: BrowserSession
  question: ConsentQuestion
}

function questionPage(visit: Visit, { app, session, question }: Asked): Page {
  const { words, carried } = visit
  const { client, scopes, allowedBefore } = question
  const asksMore = allowedBefore.size > 0
  const tag = html` <span class="tag">${words.text('consent_new')}</span>`
  const returns = new URL(app.request.redirectUri)
  // In the language of this page, which may be the app's wish, and of this account, which need not be the active one.
  const apps = pageAddress(
    '/apps',
    { ...nowhere, uiLocales: words.locale },
    { session: session.sessionId },
  )
  return {
    title: words.text('consent_title', { app: client.name }),
    withoutApp: true,
    content: html`<p>${words.text('consent_as', { who: session.email ?? session.displayName })} <a href="${pageAddress('/choose-account', carried)}">${words.text('switch_account')}</a></p>
<h2>${words.text('consent_asks', { app: client.name })}</h2>
<ul class="scopes">${scopes.map((scope) => html`<li>${scopeWords(words, scope)}${asksMore && !allowedBefore.has(scope) && tag}</li>\n`)}</ul>
${pageForm(visit, {
  to: '/consent',
  content: html`<div class="pair"><button class="button second" type="submit" name="answer" value="deny">${words.text('consent_deny')}</button>
<button class="button second" type="submit" name="answer" value="allow">${words.text('consent_allow')}</button></div>`,
})}
<p class="aside">${words.text('consent_goes_to', { host: returns.host || returns.protocol })} ${words.text('consent_undo', { app: client.name })} ${outsideLink(apps, words.text('apps_title'))}</p>`,
  }
}
