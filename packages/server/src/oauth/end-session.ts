/**
 * `/oauth2/end-session`: a client asks for a person to be signed out, and sends the browser.
 *
 * 1. What it says is judged here, without cookies: a POST from another site has none. Everything wrong is a page, and nothing ends.
 *    - `id_token_hint` is an ID token of ours, expired or not. It says which client asks, and whose session ends.
 *    - `client_id` is a client of ours, and the one of the hint.
 *    - `post_logout_redirect_uri` is one of that client's, to the letter. Where nothing says which client asks, it counts for nothing.
 * 2. The browser goes on to `/leave` with what was judged, sealed; by a GET of our own, so that its cookies come along. There
 *    the session of this browser that the hint names ends; without such a hint the person is asked.
 *
 * Errors: each is a page (400).
 * Specs: OpenID Connect RP-Initiated Logout 1.0 §2 to §4, OWASP ASVS 5.0 V10.6.2.
 */

import type { FastifyInstance, FastifyRequest } from 'fastify'
import { isClientId } from '../clients/client-id.ts'
import { seal, unseal } from '../crypto/seal.ts'
import type { Deps } from '../deps.ts'
import type { ClientId, SessionId, UserId } from '../ids.ts'
import type { PlainCalls } from '../wires/plain-calls.ts'
import { textLengthMax } from './authorization-request.ts'
import type { AuthorizationProblem, ShowProblem } from './authorize-endpoint.ts'
import { findLeavingClient } from './end-session.sql.ts'
import { endpoints } from './endpoints.ts'
import { readFormBodies } from './form.ts'
import { verifyIdTokenHint } from './id-token.ts'

/** What a client asks for, judged. */
export interface EndSessionRequest {
  /** Which client asks; undefined where nothing says. */
  client: { id: ClientId; name: string } | undefined
  /** The session that the ID token is of; undefined where there was none. */
  hinted: { userId: UserId; sessionId: SessionId | undefined } | undefined
  /** Whom it is about, as the client knows them; empty where it does not say. */
  logoutHint: string
  /** Where the browser goes afterwards. */
  returnTo: string | undefined
  requestedAtMs: number
}

type EndSessionDeps = Pick<Deps, 'config' | 'db' | 'masterSecret' | 'signingKeys'>

const path = endpoints.endSession
const purpose = 'end session request'
const goodForMs = 60 * 60 * 1000
const names = [
  'id_token_hint',
  'logout_hint',
  'client_id',
  'post_logout_redirect_uri',
  'state',
  'ui_locales',
] as const

type Parameters = Partial<Record<(typeof names)[number], string>>

interface Problem {
  problem: AuthorizationProblem
}

/** Serves it. */
export async function mountEndSession(
  fastify: FastifyInstance,
  deps: EndSessionDeps,
  { call, showProblem }: { call: PlainCalls; showProblem: ShowProblem },
): Promise<void> {
  await fastify.register(async (scope) => {
    readFormBodies(scope)
    scope.route({
      method: ['GET', 'POST'],
      url: path,
      exposeHeadRoute: false,
      async handler(request, reply) {
        const outcome = await call(`${request.method} ${path}`, { request, reply }, async (ctx) => {
          const given = readParameters(request)
          return 'problem' in given ? given : judge(deps, given, ctx.now)
        })
        if ('problem' in outcome) return showProblem(request, reply, outcome.problem)
        return reply.header('cache-control', 'no-store').redirect(outcome.to, 303)
      },
    })
  })
}

/** The request; undefined where the text is none that was judged here within the hour. */
export function openEndSessionRequest(
  deps: Pick<Deps, 'masterSecret'>,
  text: string,
  now: Date,
): EndSessionRequest | undefined {
  const request = unseal(deps, purpose, text) as EndSessionRequest | undefined
  if (request === undefined || now.getTime() - request.requestedAtMs > goodForMs) return undefined
  return request
}

/** The parameters that mean something here; an empty one counts as missing. */
function readParameters(request: FastifyRequest): Parameters | Problem {
  const encoded =
    request.method === 'POST' && Buffer.isBuffer(request.body)
      ? request.body.toString('utf8')
      : (request.url.split('?', 2)[1] ?? '')
  const given = new URLSearchParams(encoded)
  const read: Parameters = {}
  for (const name of names) {
    const [value, ...more] = given.getAll(name)
    if (more.length > 0) return problem(`${name} is given twice.`, [['parameter', name]])
    if (value === undefined || value === '') continue
    if (name !== 'id_token_hint' && value.length > textLengthMax)
      return problem(`${name} is too long.`, [['longest', `${textLengthMax} characters`]])
    read[name] = value
  }
  return read
}

async function judge(
  deps: EndSessionDeps,
  given: Parameters,
  now: Date,
): Promise<Problem | { to: string }> {
  const { id_token_hint: idToken, client_id: clientId, post_logout_redirect_uri: uri } = given
  const hint = idToken === undefined ? undefined : verifyIdTokenHint(deps, idToken)
  if (idToken !== undefined && hint === undefined)
    return problem('The id_token_hint is no ID token of this server.', [
      ['id_token_hint', 'not issued by this server, or changed'],
      ['issuer', deps.config.issuer],
    ])
  if (hint !== undefined && clientId !== undefined && clientId !== hint.aud)
    return problem('The id_token_hint was issued to another client.', [
      ['client_id', clientId],
      ['aud of the id_token_hint', hint.aud],
    ])
  const id = hint?.aud ?? clientId
  const client =
    id === undefined || !isClientId(id) ? undefined : await findLeavingClient(deps.db, { id })
  if (id !== undefined && client === undefined)
    return problem('The client is not known here.', [['client_id', id]])
  if (client !== undefined && uri !== undefined && !client.postLogoutRedirectUris.includes(uri))
    return problem(
      'The post_logout_redirect_uri is not registered for this client.',
      [['client_id', id ?? '']],
      { received: uri, registered: client.postLogoutRedirectUris },
    )
  const request: EndSessionRequest = {
    client: client && { id: id as ClientId, name: client.name },
    hinted: hint && { userId: hint.sub, sessionId: hint.sid },
    logoutHint: given.logout_hint ?? '',
    returnTo: client && uri !== undefined ? withState(uri, given.state) : undefined,
    requestedAtMs: now.getTime(),
  }
  const query = new URLSearchParams({ leaving: seal(deps, purpose, request) })
  if (given.ui_locales !== undefined) query.set('ui_locales', given.ui_locales)
  return { to: `/leave?${query}` }
}

/** What the client said comes back to it, beside what its address says already. */
function withState(uri: string, state: string | undefined): string {
  if (state === undefined) return uri
  const url = new URL(uri)
  url.searchParams.append('state', state)
  return url.href
}

/** The sentence is for whoever builds the app; the person is told that the app is not set up right. */
function problem(
  sentence: string,
  details: AuthorizationProblem['details'],
  redirectUris?: NonNullable<AuthorizationProblem['redirectUris']>,
): Problem {
  const shown: [string, string][] = [['error', sentence], ['endpoint', path], ...details]
  return {
    problem: { about: 'app', details: shown, ...(redirectUris !== undefined && { redirectUris }) },
  }
}
