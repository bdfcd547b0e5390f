/**
 * Serves the hosted pages: server-rendered forms that need no script.
 *
 * 1. A GET shows a page and changes nothing, but for `/leave`, where an ID token has said whose session ends. Until there has been an administrator, it shows the setup.
 * 2. A POST is judged by where it comes from before anything is done (`form-token.ts`). One whose browser or token has changed is
 *    shown again with what was typed, and sent once more by the person.
 * 3. What a POST did is followed by 303; what it was refused is the page again, with what was typed, but for secrets.
 *
 * Errors: none; each refusal is a page.
 * Specs: RFC 9110 §15.4.4 (303), OWASP ASVS 5.0 V3.5, WCAG 2.2 §3.3.1.
 */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../deps.ts'
import { reasons, SignetError } from '../errors.ts'
import type { ShowProblem } from '../oauth/authorize-endpoint.ts'
import type { PlainCalls } from '../wires/plain-calls.ts'
import { signedInPage, signedOutPage, signOutPage } from './account-pages.ts'
import { appsPage } from './apps-page.ts'
import { keptForGood, mountBrand, mountClientLogos } from './brand-files.ts'
import { chooseAccountPage } from './choose-account-page.ts'
import { consentPage } from './consent-page.ts'
import { emailSignInPage } from './email-sign-in-page.ts'
import { brokenRequestPage, noCookiesPage } from './error-page.ts'
import { openFace } from './face.ts'
import { isFormToken, isFromElsewhere } from './form-token.ts'
import { inboxAgainPage, inboxPage, mountInboxNews } from './inbox-pages.ts'
import { leavePage } from './leave-page.ts'
import {
  acceptInvitationPage,
  confirmEmailPage,
  donePage,
  forgotPasswordPage,
  resetPasswordPage,
  undoEmailChangePage,
  verifyEmailPage,
} from './mailed-link-pages.ts'
import { type PageForm, readForm } from './page-form.ts'
import { pageScript } from './page-script.ts'
import { phoneSignInPage } from './phone-sign-in-page.ts'
import { showProblem } from './problem-page.ts'
import { mountProviderPages } from './provider-pages.ts'
import { type ReadVisit, readVisit } from './read-visit.ts'
import { mountRefusalPages } from './refusal-pages.ts'
import { refusalSentence, translated } from './refused.ts'
import { type PageParts, sendAnswer } from './render-page.ts'
import { openSetUpGate } from './set-up-gate.ts'
import { setUpPage } from './set-up-page.ts'
import { signInPage } from './sign-in-page.ts'
import { signUpPage } from './sign-up-page.ts'
import { rememberEmail } from './typed-email.ts'
import type { PageAnswer, PageRoute, Tried } from './visit.ts'

const routes: readonly PageRoute[] = [
  signInPage,
  signUpPage,
  inboxPage,
  inboxAgainPage,
  verifyEmailPage,
  confirmEmailPage,
  undoEmailChangePage,
  acceptInvitationPage,
  emailSignInPage,
  phoneSignInPage,
  donePage,
  forgotPasswordPage,
  resetPasswordPage,
  signedInPage,
  appsPage,
  chooseAccountPage,
  consentPage,
  signOutPage,
  signedOutPage,
  leavePage,
]

/** Open to whoever has a link, whether there is an administrator or not. */
const mailed: ReadonlySet<PageRoute> = new Set([
  verifyEmailPage,
  confirmEmailPage,
  undoEmailChangePage,
  resetPasswordPage,
  acceptInvitationPage,
  emailSignInPage,
  donePage,
])

const formType = 'application/x-www-form-urlencoded'
const bodyBytesMax = 64 * 1024

/** Adds the routes. Answers how the protocol shows a person what cannot go on. */
export async function mountPages(
  fastify: FastifyInstance,
  deps: Deps,
  call: PlainCalls,
): Promise<{ showProblem: ShowProblem }> {
  const parts = { deps, call, face: await openFace(deps), gate: openSetUpGate(deps.db) }
  mountScript(fastify)
  mountBrand(fastify, deps.config.brand)
  mountClientLogos(fastify, parts)
  mountRefusalPages(fastify, parts)
  mountInboxNews(fastify, parts)
  fastify.get('/', async (_request, reply) => reply.redirect('/signed-in', 303))
  // Password managers lead here (W3C, A Well-Known URL for Changing Passwords).
  fastify.get('/.well-known/change-password', async (_request, reply) =>
    reply.redirect('/forgot-password', 303),
  )
  await fastify.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser(
      formType,
      { parseAs: 'string', bodyLimit: bodyBytesMax },
      (_request, body, done) => done(null, readForm(String(body))),
    )
    for (const route of [...routes, setUpPage]) mountPage(scope, parts, route)
    mountProviderPages(scope, parts)
  })
  return {
    showProblem: (request, reply, problem) => showProblem(parts, { request, reply }, problem),
  }
}

function mountScript(fastify: FastifyInstance): void {
  fastify.get(pageScript.path, async (_request, reply) =>
    reply
      .header('cache-control', keptForGood)
      .type('text/javascript; charset=utf-8')
      .send(pageScript.source),
  )
}

function mountPage(scope: FastifyInstance, parts: PageParts, route: PageRoute): void {
  const { call, deps } = parts
  const { path } = route
  scope.get(path, async (request, reply) => {
    const shown = await call(`GET ${path}`, { request, reply }, async (ctx) => {
      const read = await readVisit(deps, request)
      const { visit } = read
      if (read.requestIsBroken)
        return { read, answer: { page: brokenRequestPage(visit), status: 400 } }
      const { view, show } = await routeFor(parts, route, read)
      return { read, answer: (await show?.(deps, ctx, visit)) ?? { page: view(visit) } }
    })
    return sendAnswer(reply, parts, shown)
  })
  if (route.submit === undefined) return
  scope.post(path, (request, reply) => answerForm(parts, route, { request, reply }))
}

async function answerForm(
  parts: PageParts,
  route: PageRoute,
  exchange: { request: FastifyRequest; reply: FastifyReply },
): Promise<FastifyReply> {
  const { deps, call } = parts
  const { request, reply } = exchange
  const form = (request.body as PageForm | undefined) ?? readForm('')
  let posted: Posted | undefined
  try {
    const answer = await call(`POST ${route.path}`, exchange, async (ctx): Promise<PageAnswer> => {
      const read = await readVisit(deps, request, { form })
      posted = { read, form, route: await routeFor(parts, route, read) }
      const { visit } = read
      if (read.requestIsBroken) return { page: brokenRequestPage(visit), status: 400 }
      const unproven = judgeOrigin(parts, request, posted)
      if (unproven !== undefined) return unproven
      const { submit, view } = posted.route
      return (await submit?.(deps, ctx, { visit, form })) ?? { page: view(visit) }
    })
    if (posted === undefined) throw new Error('a form was answered without being read')
    return sendAnswer(reply, parts, { read: posted.read, answer })
  } catch (error) {
    if (posted === undefined) throw error
    return sendAnswer(reply, parts, { read: posted.read, answer: refusedAnswer(error, posted) })
  }
}

/** The setup stands in the place of every page, but for what mails lead to: whoever has such a link is not setting up. */
async function routeFor(
  { gate }: PageParts,
  route: PageRoute,
  { visit }: ReadVisit,
): Promise<PageRoute> {
  if (await gate.isSetUp()) return route === setUpPage ? signInPage : route
  return mailed.has(route) || visit.query.text('token') !== '' ? route : setUpPage
}

interface Posted {
  read: ReadVisit
  form: PageForm
  route: PageRoute
}

/** The page again where the form was not shown to this browser, or not by us; undefined where it was. */
function judgeOrigin(
  { deps: { config, masterSecret } }: PageParts,
  request: FastifyRequest,
  { read: { visit, mark }, form, route }: Posted,
): PageAnswer | undefined {
  const { words, host } = visit
  const again = (problem: string): PageAnswer => ({
    page: route.view(
      { ...visit, formAgain: mark === undefined },
      { form, problem, violations: [] },
    ),
    status: 403,
    refused: { problem },
  })
  if (isFromElsewhere(request.headers, { host, issuer: config.issuer }))
    return again(words.text('reason_origin_not_allowed'))
  if (mark !== undefined && isFormToken(masterSecret, mark, form.text('form_token')))
    return undefined
  // It was shown again with a new mark, and the mark has not come with it: the browser keeps no cookies.
  if (mark === undefined && form.text('form_again') !== '')
    return { page: noCookiesPage(visit), status: 400 }
  return again(words.text('form_expired'))
}

/** The page again, with what was typed and why it was refused. */
function refusedAnswer(error: unknown, { read: { visit }, form, route }: Posted): PageAnswer {
  if (!(error instanceof SignetError)) throw error
  const { reason, violations, retryAfterSeconds } = error
  const tried: Tried = {
    form,
    problem: refusalSentence(visit, error),
    violations: translated(visit, violations),
    retryAfterSeconds,
  }
  const typed = form.text('identifier') || form.text('email')
  return {
    page: route.view(visit, tried),
    status: reasons[reason].httpStatus,
    refused: tried,
    ...(typed !== '' && { setCookies: [rememberEmail(visit, typed)] }),
  }
}
