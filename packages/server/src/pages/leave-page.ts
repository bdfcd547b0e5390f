/**
 * `/leave`: an app has sent the browser to be signed out (`oauth/end-session.ts`).
 *
 * 1. The session that its ID token is of, where it is in this browser: it ends, and the browser goes where the app said. Only who
 *    signed in through the app has such a token, so nobody is asked (OWASP ASVS 5.0 V10.6.2).
 * 2. That session is not here, and nor is its person: there is nothing to end.
 * 3. Anything else: the person is asked, and what the app said decides nothing. The form is one of ours, as every other.
 *
 * Whatever ends here is one session of this browser, with what apps hold in it. Others stay.
 *
 * Specs: OpenID Connect RP-Initiated Logout 1.0 §2, §3 and §6.
 */

import type { Deps } from '../deps.ts'
import { html } from '../html/html.ts'
import { type EndSessionRequest, openEndSessionRequest } from '../oauth/end-session.ts'
import type { RequestContext } from '../request-context.ts'
import type { BrowserSession } from '../sessions/browser-session.ts'
import { type AccountDetails, appList, appsToAskAgain } from './account-list.ts'
import { pageForm, submitButton } from './fields.ts'
import type { PageForm } from './page-form.ts'
import { signOutHere } from './sign-out-here.ts'
import {
  nameOf,
  type Page,
  type PageAnswer,
  type PageRoute,
  pageAddress,
  type Visit,
} from './visit.ts'

export const leavePage: PageRoute = {
  path: '/leave',

  // Without an app there is nothing to say about it.
  view: ({ words }) => ({
    title: words.text('error_title'),
    content: words.text('request_broken'),
  }),

  async show(deps, ctx, visit) {
    const asked = askedIn(deps, visit.query, ctx.now)
    if (asked === undefined) return { to: pageAddress('/sign-out', visit.carried) }
    const { sessions } = visit
    const { hinted } = asked
    const named = sessions.find(
      ({ sessionId, userId }) => sessionId === hinted?.sessionId && userId === hinted.userId,
    )
    if (named !== undefined) return leave(deps, ctx, { visit, asked, session: named })
    const about = sessionToLeave(sessions, asked)
    if (about === undefined) return onward(visit, asked)
    const apps = await appsToAskAgain(deps, about)
    return { page: questionPage(visit, asked, { session: about, apps }) }
  },

  async submit(deps, ctx, { visit, form }) {
    const asked = askedIn(deps, form, ctx.now)
    if (asked === undefined) return { to: pageAddress('/sign-out', visit.carried) }
    const session = visit.sessions.find(({ sessionId }) => sessionId === form.text('session'))
    // It has ended meanwhile.
    if (session === undefined) return onward(visit, asked)
    return leave(deps, ctx, { visit, asked, session })
  },
}

/** What was asked, and the text that stands for it. */
type Asked = EndSessionRequest & { leaving: string }

function askedIn(deps: Pick<Deps, 'masterSecret'>, given: PageForm, now: Date): Asked | undefined {
  const leaving = given.text('leaving')
  const request = openEndSessionRequest(deps, leaving, now)
  return request && { ...request, leaving }
}

/** Whom the person is asked about: who the app means, else who is active. Undefined where it means somebody who is not here. */
function sessionToLeave(
  sessions: readonly BrowserSession[],
  { hinted, logoutHint }: EndSessionRequest,
): BrowserSession | undefined {
  if (hinted !== undefined) return sessions.find(({ userId }) => userId === hinted.userId)
  const meant = sessions.find(({ email, userId, sessionId }) =>
    [email, userId, sessionId].includes(logoutHint),
  )
  return meant ?? sessions[0]
}

function questionPage(
  visit: Visit,
  { client, leaving, returnTo }: Asked,
  { session, apps }: { session: BrowserSession; apps: AccountDetails['apps'] },
): Page {
  const { words, carried } = visit
  return {
    title: words.text('sign_out_title'),
    ...(returnTo !== undefined && { leadsTo: returnTo }),
    content: html`<p>${words.text('signed_in_as', { who: nameOf(session) })}</p>
${client !== undefined && html`<p>${words.text('leave_lead', { app: client.name })}</p>`}
<p>${words.text('sign_out_lead')}</p>
${appList(apps)}
<div class="stack">
${pageForm(visit, {
  to: '/leave',
  content: html`<input type="hidden" name="leaving" value="${leaving}"><input type="hidden" name="session" value="${session.sessionId}">${submitButton(words.text('sign_out_button'))}`,
})}
<a class="button second" href="${pageAddress('/signed-in', carried)}">${words.text('stay')}</a>
</div>`,
  }
}

/** Signs the session out by the app that asked, and goes where it said. */
async function leave(
  deps: Pick<Deps, 'config' | 'sessionEnds'>,
  ctx: RequestContext,
  { visit, asked, session }: { visit: Visit; asked: EndSessionRequest; session: BrowserSession },
): Promise<PageAnswer> {
  const by = { clientId: asked.client?.id }
  const { setCookies } = await signOutHere(deps, ctx, { visit, leaving: [session], ...by })
  return { ...onward(visit, asked), setCookies }
}

function onward({ carried }: Visit, { returnTo }: EndSessionRequest): { to: string } {
  return { to: returnTo ?? pageAddress('/signed-out', carried) }
}
