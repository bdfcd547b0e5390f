/**
 * `/apps`: what an account allows apps of others, and the way to take it back, which ends what they hold of it
 * (`oauth/consents.ts`). The account is the active one, unless the address names another of this browser. Nothing is given to
 * anybody here, so no new proof is asked for.
 *
 * Specs: OWASP ASVS 5.0 V10.7.3.
 */

import { ErrorReason } from '@signet/contract'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { type Html, html } from '../html/html.ts'
import type { ClientId } from '../ids.ts'
import { type AllowedApp, listAllowedApps, withdrawConsent } from '../oauth/consents.ts'
import type { RequestContext } from '../request-context.ts'
import type { BrowserSession } from '../sessions/browser-session.ts'
import { pageForm } from './fields.ts'
import type { PageForm } from './page-form.ts'
import { scopeWords } from './scope-words.ts'
import { nameOf, type PageRoute, pageAddress, type Visit } from './visit.ts'

export const appsPage: PageRoute = {
  path: '/apps',

  // The list is in the database, which `view` does not ask: a link leads back to it.
  view: ({ words, carried }, tried) => ({
    title: words.text('apps_title'),
    content: html`<a class="button second" href="${pageAddress('/apps', carried, { session: tried?.form.text('session') ?? '' })}">${words.text('try_again')}</a>`,
  }),

  async show(deps, _ctx, visit) {
    const { words, carried, query } = visit
    const session = sessionIn(visit, query) ?? visit.sessions[0]
    if (session === undefined) return { to: pageAddress('/sign-in', carried) }
    const apps = await listAllowedApps(deps, session.userId)
    const lead = apps.length === 0 ? 'apps_none' : 'apps_lead'
    return {
      page: {
        title: words.text('apps_title'),
        ...(query.text('notice') === 'withdrawn' && { notice: words.text('notice_withdrawn') }),
        content: html`<p>${words.text(lead, { who: nameOf(session) })}</p>
${apps.map((app) => allowed(visit, session, app))}
<p class="aside"><a href="${pageAddress('/signed-in', carried)}">${words.text('accounts_here')}</a></p>`,
      },
    }
  },

  async submit(deps, ctx, { visit, form }) {
    const session = sessionIn(visit, form)
    if (session === undefined) return { to: pageAddress('/sign-in', visit.carried) }
    const clientId = form.text('client') as ClientId
    await withdrawIfAllowed(deps, ctx, { userId: session.userId, clientId })
    const { sessionId } = session
    return {
      to: pageAddress('/apps', visit.carried, { notice: 'withdrawn', session: sessionId }),
    }
  },
}

/** The session of this browser that is named. */
function sessionIn({ sessions }: Visit, given: PageForm): BrowserSession | undefined {
  return sessions.find(({ sessionId }) => sessionId === given.text('session'))
}

/** Whoever presses the button twice has what they want. */
async function withdrawIfAllowed(
  deps: Deps,
  ctx: RequestContext,
  of: Parameters<typeof withdrawConsent>[2],
): Promise<void> {
  try {
    await withdrawConsent(deps, ctx, of)
  } catch (error) {
    if (!(error instanceof SignetError) || error.reason !== ErrorReason.NOT_FOUND) throw error
  }
}

function allowed(visit: Visit, session: BrowserSession, app: AllowedApp): Html {
  const { words } = visit
  const { clientId, name, scopes } = app
  const label = words.text('apps_withdraw_named', { app: name })
  return html`<h2><bdi>${name}</bdi></h2>
<ul class="scopes">${scopes.map((scope) => html`<li>${scopeWords(words, scope)}</li>\n`)}</ul>
${pageForm(visit, {
  to: '/apps',
  content: html`<input type="hidden" name="session" value="${session.sessionId}"><input type="hidden" name="client" value="${clientId}"><button class="button second" type="submit" aria-label="${label}">${words.text('apps_withdraw')}</button>`,
})}
`
}
