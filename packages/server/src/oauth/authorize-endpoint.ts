/**
 * The authorization endpoint: where a client sends a person's browser.
 *
 * 1. The client exists and is active, and the redirect URI is one of its own. Otherwise nothing is sent anywhere: a page says what
 *    is wrong, to the person and to whoever builds the client.
 * 2. The request is well formed, and the client may ask for it.
 * 3. Decide (see `authorizeRequest`): a page, which leads back to `/oauth2/authorize/resume`; or a code.
 *
 * From here on every answer goes to the client. Nothing is stored until there is a code: the request travels sealed.
 *
 * Specs: RFC 6749 §3.1 and §4.1.2.1, OpenID Connect Core 1.0 §3.1.2, RFC 9700 §4.11.
 */

import { ErrorReason } from '@signet/contract'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import {
  type AuthorizationClient,
  findClientOfRedirect,
  type NoClient,
} from '../clients/client-of-redirect.ts'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import type { ClientId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import { findBrowserSessions } from '../sessions/browser-session.ts'
import type { PlainCalls } from '../wires/plain-calls.ts'
import { type AnswerTo, mountFormPostScript, sendAnswer } from './authorization-answer.ts'
import { issueAuthorizationCode } from './authorization-codes.ts'
import {
  AuthorizationError,
  type AuthorizationRequest,
  audienceOf,
  judgeAuthorizationRequest,
  type Parameters,
  parseAuthorizationRequest,
  readParameters,
  takesForms,
  textLengthMax,
} from './authorization-request.ts'
import { authorizeRequest, type NeededPage } from './authorize.ts'
import { endpoints, wayBack } from './endpoints.ts'
import { readFormBodies } from './form.ts'
import { openSealedRequest, sealRequest } from './sealed-request.ts'

/** What a person is told where an answer can go nowhere. */
export interface AuthorizationProblem {
  /** What cannot go on: the app is not what it says, or the request is none of ours. */
  about: 'app' | 'request'
  /** For whoever builds the client: what was received, and what would have been right. */
  details: readonly [label: string, value: string][]
  /** Where that is what is wrong. */
  redirectUris?: { received: string; registered: readonly string[] }
}

/** Shows a person a page about a request that cannot go on. */
export type ShowProblem = (
  request: FastifyRequest,
  reply: FastifyReply,
  problem: AuthorizationProblem,
) => Promise<FastifyReply>

const pages: Readonly<Record<NeededPage, string>> = {
  sign_in: '/sign-in',
  sign_up: '/sign-up',
  choose_account: '/choose-account',
  consent: '/consent',
}

interface Endpoint {
  call: PlainCalls
  showProblem: ShowProblem
}

/** Serves the endpoint, and the way back from pages to it. */
export async function mountAuthorize(
  fastify: FastifyInstance,
  deps: Deps,
  { call, showProblem }: Endpoint,
): Promise<void> {
  mountFormPostScript(fastify)
  const serve = async (
    { request, reply }: { request: FastifyRequest; reply: FastifyReply },
    path: string,
    act: (ctx: RequestContext) => Promise<Outcome>,
  ) => {
    const outcome = await call(path, { request, reply }, act)
    if ('problem' in outcome) return showProblem(request, reply, outcome.problem)
    if ('location' in outcome) return reply.redirect(outcome.location, 303)
    return sendAnswer(reply, deps.config.issuer, outcome)
  }
  fastify.get(endpoints.authorization, (request, reply) =>
    serve({ request, reply }, `GET ${endpoints.authorization}`, (ctx) =>
      begin(deps, ctx, { given: queryOf(request), cookies: request.headers.cookie }),
    ),
  )
  fastify.get(wayBack.resume, (request, reply) =>
    serve({ request, reply }, `GET ${wayBack.resume}`, (ctx) => {
      const sealed = queryOf(request).get('request') ?? ''
      return resume(deps, ctx, { sealed, cookies: request.headers.cookie })
    }),
  )
  fastify.get(wayBack.denied, (request, reply) =>
    serve({ request, reply }, `GET ${wayBack.denied}`, async (ctx) =>
      deny(deps, ctx, queryOf(request).get('request') ?? ''),
    ),
  )
  await fastify.register(async (scope) => {
    readFormBodies(scope)
    scope.post(endpoints.authorization, (request, reply) =>
      serve({ request, reply }, `POST ${endpoints.authorization}`, (ctx) =>
        begin(deps, ctx, {
          given: new URLSearchParams(
            Buffer.isBuffer(request.body) ? request.body.toString('utf8') : '',
          ),
          cookies: request.headers.cookie,
        }),
      ),
    )
  })
}

type Outcome =
  | { problem: AuthorizationProblem }
  | { location: string }
  | { to: AnswerTo; parameters: Record<string, string> }

type EndpointDeps = Pick<Deps, 'config' | 'db' | 'masterSecret' | 'signingKeys'>

async function begin(
  deps: EndpointDeps,
  ctx: RequestContext,
  { given, cookies }: { given: URLSearchParams; cookies: string | undefined },
): Promise<Outcome> {
  const parameters = readParameters(given)
  const { values, repeated } = parameters
  const clientId = values.get('client_id')
  if (repeated.has('client_id') || repeated.has('redirect_uri'))
    return problemOf(clientId ?? '', 'client_id or redirect_uri is given twice')
  const asked = { clientId, redirectUri: values.get('redirect_uri') }
  const found = await findClientAndRedirect(deps, asked)
  if ('problem' in found) return found
  const { client, redirectUri } = found
  const where = { clientId: client.id as ClientId, redirectUri }
  try {
    const request = parseAuthorizationRequest(parameters, where, ctx.now)
    return await goOn(deps, ctx, { client, request, cookies })
  } catch (error) {
    return refused(error, answerTo(parameters, { client, redirectUri }))
  }
}

/** The same request again, once a page has done its part. */
async function resume(
  deps: EndpointDeps,
  ctx: RequestContext,
  { sealed, cookies }: { sealed: string; cookies: string | undefined },
): Promise<Outcome> {
  const request = openSealedRequest(deps, sealed, ctx.now)
  if (request === undefined) return notOurs
  // The client may have been closed, or have lost the redirect URI, meanwhile.
  const found = await findClientAndRedirect(deps, request)
  if ('problem' in found) return found
  try {
    return await goOn(deps, ctx, { client: found.client, request, cookies })
  } catch (error) {
    return refused(error, request)
  }
}

/** The person has refused: the client hears it. */
async function deny(deps: EndpointDeps, ctx: RequestContext, sealed: string): Promise<Outcome> {
  const request = openSealedRequest(deps, sealed, ctx.now)
  if (request === undefined) return notOurs
  const found = await findClientAndRedirect(deps, request)
  if ('problem' in found) return found
  return refused(new AuthorizationError('access_denied', 'The person has refused.'), request)
}

async function goOn(
  deps: EndpointDeps,
  ctx: RequestContext,
  asked: {
    client: AuthorizationClient
    request: AuthorizationRequest
    cookies: string | undefined
  },
): Promise<Outcome> {
  const { client, request, cookies } = asked
  judgeAuthorizationRequest(deps, client, request)
  const sessions = await findBrowserSessions(deps, cookies)
  const decision = await authorizeRequest(deps, ctx.now, { client, request, sessions })
  if ('page' in decision) {
    const { asked } = decision
    const chosen = asked !== undefined && { chosenSession: asked.sessionId }
    const query = new URLSearchParams({ request: sealRequest(deps, { ...request, ...chosen }) })
    return { location: `${pages[decision.page]}?${query}` }
  }
  const audience = audienceOf(deps, client, request)
  const code = await issueAuthorizationCode(deps, { request, session: decision.session, audience })
  if (code !== undefined) return { to: request, parameters: { code } }
  // Session or consent ended between the two statements: the person signs in again, and the request goes on.
  if (request.silent) throw new AuthorizationError('login_required', 'The person has to sign in.')
  const query = new URLSearchParams({ request: sealRequest(deps, request) })
  return { location: `${pages.sign_in}?${query}` }
}

const problems: Readonly<Record<NoClient['refused'], string>> = {
  unknown: 'there is no client with this client_id',
  disabled: 'this client is disabled',
  redirect_uri: 'redirect_uri is none of the registered ones, to the letter',
}

/** The client, where the redirect URI is one of its own. */
async function findClientAndRedirect(
  { db }: Pick<Deps, 'db'>,
  {
    clientId = '',
    redirectUri,
  }: { clientId?: string | undefined; redirectUri?: string | undefined },
): Promise<
  { client: AuthorizationClient; redirectUri: string } | { problem: AuthorizationProblem }
> {
  const found = await findClientOfRedirect(db, { clientId, redirectUri: redirectUri ?? '' })
  if (!('refused' in found)) return { client: found.client, redirectUri: redirectUri ?? '' }
  if (found.refused !== 'redirect_uri') return problemOf(clientId, problems[found.refused])
  if (redirectUri === undefined) return problemOf(clientId, 'redirect_uri is missing')
  const { problem } = problemOf(clientId, problems.redirect_uri)
  return {
    problem: { ...problem, redirectUris: { received: redirectUri, registered: found.registered } },
  }
}

function problemOf(clientId: string, problem: string): { problem: AuthorizationProblem } {
  const details: [string, string][] = [
    ['client_id', clientId],
    ['Problem', problem],
  ]
  return { problem: { about: 'app', details } }
}

/** Where a refusal goes although the request itself could not be read: what of it can be believed. */
function answerTo(
  { values, repeated }: Parameters,
  { client, redirectUri }: { client: AuthorizationClient; redirectUri: string },
): AnswerTo {
  const state = repeated.has('state') ? undefined : values.get('state')
  const byForm =
    values.get('response_mode') === 'form_post' &&
    client.responseModes.includes('form_post') &&
    takesForms(redirectUri)
  return {
    redirectUri,
    responseMode: byForm ? 'form_post' : 'query',
    ...(state !== undefined && state.length <= textLengthMax && { state }),
  }
}

function refused(error: unknown, to: AnswerTo): Outcome {
  if (error instanceof SignetError && error.reason === ErrorReason.UNAVAILABLE)
    return { to, parameters: { error: 'temporarily_unavailable' } }
  if (!(error instanceof AuthorizationError)) throw error
  return { to, parameters: { error: error.error, error_description: error.description } }
}

const notOurs: Outcome = {
  problem: {
    about: 'request',
    details: [['Problem', 'the request is missing, or was not made by this service']],
  },
}

function queryOf(request: FastifyRequest): URLSearchParams {
  const { url } = request
  const mark = url.indexOf('?')
  return new URLSearchParams(mark === -1 ? '' : url.slice(mark + 1))
}
