/**
 * `/auth/{provider}` and back: the way of a browser to a provider and to us again (`federation/provider-sign-in.ts`).
 *
 * - GET `/auth/{provider}` sends the browser there. Whoever makes a browser open it gains nothing: what comes back is good in
 *   that browser alone, for who proves themselves there.
 * - GET `/auth/{provider}/callback` judges what comes back, and goes on: to the app, to a page that says what is missing, or to
 *   sign-in with a sentence about what went wrong. Nothing that was underway is lost by it.
 * - POST to the same address is how Apple answers. Browsers send no cookies of ours with a form of another site, so it is turned into
 *   a GET, which has them.
 * - POST `/auth/{provider}/backchannel-logout` is what a provider says when somebody has left it.
 *
 * Specs: RFC 6749 §4.1.2, OAuth 2.0 Form Post Response Mode §4, OpenID Connect Back-Channel Logout 1.0 §2.5 and §2.8.
 */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../deps.ts'
import type { IdentityProvider } from '../federation/identity-provider.ts'
import { isLinkRequest } from '../federation/linking.ts'
import {
  beginProviderSignIn,
  finishProviderSignIn,
  nowhere,
  type ProviderOutcome,
  type Refusal,
} from '../federation/provider-sign-in.ts'
import { UpstreamRefused } from '../federation/upstream.ts'
import { takeUpstreamLogout } from '../federation/upstream-logout.ts'
import type { RequestContext } from '../request-context.ts'
import { brokenRequestPage, notFoundPage } from './error-page.ts'
import { rememberMethod } from './last-method.ts'
import { type PageForm, readForm } from './page-form.ts'
import { type ReadVisit, readVisit, readVisitor } from './read-visit.ts'
import { type PageParts, sendAnswer } from './render-page.ts'
import { linkWaiting, signInPage } from './sign-in-page.ts'
import { rememberEmail } from './typed-email.ts'
import { onwardAddress, type PageAnswer, pageAddress, type Visit } from './visit.ts'
import { watchClaim } from './watched-claim.ts'

type Exchange = { request: FastifyRequest; reply: FastifyReply }
/** What a form of a provider may hold that goes on in the address; Apple's ID token does not, and is not needed. */
const passedOn = ['code', 'state', 'error', 'iss', 'user'] as const

/** Adds the routes. The scope reads forms. */
export function mountProviderPages(scope: FastifyInstance, parts: PageParts): void {
  const { call } = parts
  const serve = async (
    { request, reply }: Exchange,
    path: string,
    act: (ctx: RequestContext, provider: IdentityProvider) => Promise<Shown>,
  ) => {
    const shown = await call(path, { request, reply }, async (ctx) => {
      // Until there has been an administrator nobody signs in; the page there says what to do.
      if (!(await parts.gate.isSetUp()))
        return { read: await readVisit(parts.deps, request), answer: { to: '/sign-in' } }
      const { provider: id } = request.params as { provider: string }
      const provider = await parts.deps.identityProviders.find(id)
      if (provider !== undefined) return act(ctx, provider)
      const read = await readVisit(parts.deps, request)
      return { read, answer: { page: notFoundPage(read.visit), status: 404 } }
    })
    return sendAnswer(reply, parts, shown)
  }
  scope.get('/auth/:provider', (request, reply) =>
    serve({ request, reply }, 'GET /auth/{provider}', (ctx, provider) =>
      begin(parts, ctx, { provider, request }),
    ),
  )
  scope.get('/auth/:provider/callback', (request, reply) =>
    serve({ request, reply }, 'GET /auth/{provider}/callback', (ctx, provider) =>
      comeBack(parts, ctx, { provider, request }),
    ),
  )
  scope.post('/auth/:provider/callback', async (request, reply) => {
    const form = (request.body as PageForm | undefined) ?? readForm('')
    const given = passedOn.flatMap((name) => {
      const value = form.text(name)
      return value === '' ? [] : [[name, value] as [string, string]]
    })
    const [path] = request.url.split('?', 1)
    reply.header('cache-control', 'no-store')
    return reply.redirect(`${path}?${new URLSearchParams(given)}`, 303)
  })
  scope.post('/auth/:provider/backchannel-logout', async (request, reply) => {
    const { provider: providerId } = request.params as { provider: string }
    const form = (request.body as PageForm | undefined) ?? readForm('')
    const logoutToken = form.text('logout_token')
    await call('POST /auth/{provider}/backchannel-logout', { request, reply }, (ctx) =>
      takeUpstreamLogout(parts.deps, ctx, { providerId, logoutToken }),
    )
    return reply.header('cache-control', 'no-store').code(200).send()
  })
}

interface Shown {
  read: ReadVisit
  answer: PageAnswer
}

interface Asked {
  provider: IdentityProvider
  request: FastifyRequest
}

async function begin(
  { deps }: PageParts,
  ctx: RequestContext,
  { provider, request }: Asked,
): Promise<Shown> {
  const read = await readVisit(deps, request)
  const { visit } = read
  if (read.requestIsBroken) return { read, answer: { page: brokenRequestPage(visit), status: 400 } }
  const { app, carried, browserMark, query, sessions } = visit
  const link = query.text('link')
  if (link !== '' && !isLinkRequest(deps, link, ctx.now))
    return refused(visit, read, { why: 'stale', provider })
  const wanted = app?.request
  try {
    const to = await beginProviderSignIn(deps, ctx, {
      ...{ provider, browserMark, link },
      ...carried,
      // Who is signed in here already proves it anew, or does not: an open browser is no proof.
      reauthenticate:
        sessions.length > 0 ||
        wanted?.prompts.includes('login') === true ||
        wanted?.maxAgeSeconds !== undefined,
      loginHint: wanted?.loginHint,
    })
    return { read, answer: { to } }
  } catch (error) {
    if (!(error instanceof UpstreamRefused)) throw error
    ctx.log.warn({ err: error, provider: provider.id }, 'a provider cannot be used')
    const why = error.kind === 'configuration' ? 'configuration' : 'unreachable'
    return refused(visit, read, { why, provider })
  }
}

async function comeBack(
  { deps }: PageParts,
  ctx: RequestContext,
  { provider, request }: Asked,
): Promise<Shown> {
  const { mark, visit } = await readVisitor(deps, request)
  const [, search = ''] = request.url.split('?', 2)
  const outcome = await finishProviderSignIn(deps, ctx, {
    provider,
    browserMark: mark,
    parameters: new URLSearchParams(search),
    cookieHeader: request.headers.cookie,
    locale: visit.words.locale,
  })
  const carried = 'onward' in outcome ? outcome.onward : nowhere
  const read = await readVisit(deps, request, { carried })
  if (outcome.kind === 'signed in') {
    const { userId, sessionId } = outcome
    await linkWaiting(deps, ctx, { visit: read.visit, userId, sessionId })
  }
  return answerTo(deps, read, { outcome, provider })
}

function answerTo(
  deps: Pick<Deps, 'masterSecret'>,
  read: ReadVisit,
  { outcome, provider }: { outcome: ProviderOutcome; provider: IdentityProvider },
): Shown {
  const { visit } = read
  const { carried } = visit
  switch (outcome.kind) {
    case 'signed in': {
      const { sessionId } = outcome
      const setCookies = [...outcome.setCookies, rememberMethod(visit, `provider.${provider.id}`)]
      return { read, answer: { to: onwardAddress(visit, sessionId), setCookies } }
    }
    case 'to app':
      return { read, answer: { to: outcome.location } }
    case 'ask':
      return {
        read,
        answer: { to: pageAddress('/sign-in', { ...carried, waiting: outcome.token }) },
      }
    case 'unverified': {
      const { email, userId } = outcome
      const claim = watchClaim(deps, visit, { userId, email, displayName: '' })
      const to = pageAddress('/check-inbox', carried, { notice: 'first' })
      return { read, answer: { to, setCookies: [rememberEmail(visit, email), claim] } }
    }
    case 'refused':
      return refused(visit, read, { why: outcome.why, provider })
  }
}

const statuses: Readonly<Record<Refusal, number>> = {
  stale: 400,
  denied: 200,
  answer: 400,
  unreachable: 503,
  configuration: 503,
  suspended: 403,
  address_needed: 403,
}

/** Sign-in again, with a sentence; what the app has asked for goes along. */
function refused(
  visit: Visit,
  read: ReadVisit,
  { why, provider }: { why: Refusal; provider: IdentityProvider },
): Shown {
  const problem =
    why === 'suspended'
      ? visit.words.text('reason_account_suspended')
      : visit.words.text(`provider_${why}`, { provider: provider.name })
  const tried = { form: readForm(''), problem, violations: [] }
  return {
    read,
    answer: { page: signInPage.view(visit, tried), status: statuses[why], refused: tried },
  }
}
