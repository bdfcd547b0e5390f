/**
 * Decides what becomes of an authorization request of a browser: a page, a refusal, or the session whose user authorizes it.
 *
 * 1. The sessions of this browser; of those, where an ID token is given as a hint, only its subject's.
 * 2. `prompt=create`: sign up, unless somebody has proved who they are since the request came.
 * 3. `prompt=select_account`: choose, unless that was done.
 * 4. The session that was chosen, else the one that `login_hint` names, else the active one. Without one: sign in.
 * 5. Sign in again where `prompt=login` asks for it, where the last proof is older than `max_age`, or where it is somebody
 *    else than the client insists on.
 * 6. What `acr` is essential must have been reached.
 * 7. Consent, unless the client is ours (see `isConsented`).
 *
 * With `prompt=none` no page is shown: the client hears what would have been needed.
 *
 * Errors: AuthorizationError.
 * Specs: OpenID Connect Core 1.0 §3.1.2.1 to §3.1.2.6 and §5.5.1.1, Initiating User Registration 1.0 §4, OpenID Connect Core
 * Unmet Authentication Requirements 1.0 §2.
 */

import type { AuthorizationClient } from '../clients/client-of-redirect.ts'
import type { Deps } from '../deps.ts'
import type { UserId } from '../ids.ts'
import type { BrowserSession } from '../sessions/browser-session.ts'
import { AuthorizationError, type AuthorizationRequest } from './authorization-request.ts'
import { isConsented } from './consents.ts'
import { verifyIdTokenHint } from './id-token.ts'

/** The page that is needed next. */
export type NeededPage = 'sign_in' | 'sign_up' | 'choose_account' | 'consent'

/** `asked`: whom the page is for, where it is for somebody who is signed in. */
export type Decision = { page: NeededPage; asked?: BrowserSession } | { session: BrowserSession }

interface Asked {
  client: AuthorizationClient
  request: AuthorizationRequest
  /** Of this browser, the active one first. */
  sessions: readonly BrowserSession[]
}

type AuthorizeDeps = Pick<Deps, 'config' | 'db' | 'signingKeys'>

/** The decision. Throws AuthorizationError where the client hears a refusal. */
export async function authorizeRequest(
  deps: AuthorizeDeps,
  now: Date,
  { client, request, sessions }: Asked,
): Promise<Decision> {
  const hinted = hintedUser(deps, request)
  const candidates = sessions.filter(({ userId }) => hinted === undefined || userId === hinted)
  const isNew = ({ authTime }: BrowserSession) => authTime.getTime() >= request.requestedAtMs
  if (request.prompts.includes('create') && !sessions.some(isNew)) return { page: 'sign_up' }
  if (mustChoose(request, candidates)) return { page: 'choose_account' }

  const session = pick(request, candidates)
  if (session === undefined) {
    // Somebody signed in for this very request, and is not who the client insists on.
    if (request.silent || sessions.some(isNew)) throw loginRequired()
    return { page: 'sign_in' }
  }
  if (!isNew(session) && mustProveAgain(request, session, now)) {
    if (request.silent) throw loginRequired()
    return { page: 'sign_in', asked: session }
  }
  requireAcr(request, session)
  if (!client.firstParty && !(await isConsented(deps, request, session.userId))) {
    if (request.silent)
      throw new AuthorizationError('consent_required', 'The person has not agreed to this yet.')
    return { page: 'consent', asked: session }
  }
  return { session }
}

/** Whom the client insists on: the subject of an ID token of ours, or of the claim `sub`. */
function hintedUser(deps: AuthorizeDeps, request: AuthorizationRequest): UserId | undefined {
  const { idTokenHint, clientId } = request
  const named = request.claims?.id_token?.sub
  const value =
    typeof named === 'object' && named !== null && !Array.isArray(named) ? named.value : undefined
  if (idTokenHint === undefined) return typeof value === 'string' ? (value as UserId) : undefined
  const hint = verifyIdTokenHint(deps, idTokenHint)
  if (hint === undefined || hint.aud !== clientId)
    throw new AuthorizationError(
      'invalid_request',
      'The id_token_hint is no ID token of this client.',
    )
  return hint.sub
}

function mustChoose(request: AuthorizationRequest, candidates: readonly BrowserSession[]): boolean {
  if (!request.prompts.includes('select_account') || candidates.length === 0) return false
  return !candidates.some(({ sessionId }) => sessionId === request.chosenSession)
}

function pick(
  { chosenSession, loginHint }: AuthorizationRequest,
  candidates: readonly BrowserSession[],
): BrowserSession | undefined {
  const hint = loginHint?.toLowerCase()
  return (
    candidates.find(({ sessionId }) => sessionId === chosenSession) ??
    candidates.find(({ email }) => hint !== undefined && email?.toLowerCase() === hint) ??
    candidates[0]
  )
}

function mustProveAgain(
  { prompts, maxAgeSeconds }: AuthorizationRequest,
  { authTime }: BrowserSession,
  now: Date,
): boolean {
  if (prompts.includes('login')) return true
  const ageMs = now.getTime() - authTime.getTime()
  return maxAgeSeconds !== undefined && ageMs > maxAgeSeconds * 1000
}

/** `acr` is voluntary unless the client calls it essential; then nothing less will do. */
function requireAcr({ claims }: AuthorizationRequest, { acr }: BrowserSession): void {
  const asked = claims?.id_token?.acr
  if (typeof asked !== 'object' || asked === null || Array.isArray(asked)) return
  if (asked.essential !== true) return
  const accepted = [asked.value ?? [], asked.values ?? []].flat()
  if (accepted.length === 0 || accepted.includes(acr)) return
  throw new AuthorizationError(
    'unmet_authentication_requirements',
    'The person cannot prove who they are in the way that acr asks for.',
  )
}

function loginRequired(): AuthorizationError {
  return new AuthorizationError('login_required', 'The person has to sign in for this.')
}
