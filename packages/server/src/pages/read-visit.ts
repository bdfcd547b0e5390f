/**
 * Reads from a request who looks at a page: language, app, sessions, and the mark of the browser, which it is given where it has
 * none.
 */

import type { FastifyRequest } from 'fastify'
import { readCookie, writeCookie } from '../cookie-header.ts'
import type { Deps } from '../deps.ts'
import { findWaiting, type WaitingIdentity } from '../federation/linking.ts'
import type { Onward } from '../federation/provider-sign-in.ts'
import { type BrowserSession, findBrowserSessions } from '../sessions/browser-session.ts'
import { formToken, knownBrowserMark, makeBrowserMark } from './form-token.ts'
import { type PageForm, readForm } from './page-form.ts'
import { acceptedLocales, translatorFor } from './page-texts.ts'
import { rememberedEmail, type TypedEmail } from './typed-email.ts'
import { isForAnother, type Visit } from './visit.ts'
import { findVisitingApp, type VisitingApp } from './visiting-app.ts'

export interface ReadVisit {
  visit: Visit
  /** What the browser brought as its mark; undefined where it brought none. */
  mark: string | undefined
  /** Sets the mark, where it had none. */
  setCookies: string[]
  /** It came with a request of an app that we did not seal. */
  requestIsBroken: boolean
}

/** More than ten languages. */
const uiLocalesLengthMax = 200

/** What a request brings beside its address: a form that was posted, or what came back from a provider and was kept meanwhile. */
interface Brought {
  form?: PageForm
  carried?: Onward
}

/** Reads it. */
export async function readVisit(
  deps: Pick<Deps, 'config' | 'db' | 'identityProviders' | 'masterSecret'>,
  request: FastifyRequest,
  brought: Brought = {},
): Promise<ReadVisit> {
  const { cookie: cookieHeader } = request.headers
  const { typed, ...read } = await readVisitor(deps, request, brought)
  const { visit } = read
  const { carried } = visit
  const providers = await deps.identityProviders.list()
  if (carried.request === '' && cookieHeader === undefined)
    return { ...read, visit: { ...visit, providers, carried: { ...carried, waiting: '' } } }
  const app =
    carried.request === '' ? undefined : await findVisitingApp(deps, carried.request, visit.now)
  const sessions = await findBrowserSessions(deps, cookieHeader)
  const waiting = await waitingIn(deps, read)
  return {
    ...read,
    requestIsBroken: carried.request !== '' && app === undefined,
    visit: {
      ...visit,
      words: await translatorFor(
        ...carried.uiLocales.split(' ', 10),
        ...(app?.request.uiLocales ?? []),
        sessions[0]?.locale ?? '',
        ...acceptedLocales(request.headers['accept-language']),
      ),
      carried: {
        ...carried,
        request: app === undefined ? '' : carried.request,
        waiting: waiting === undefined ? '' : carried.waiting,
      },
      app,
      sessions,
      providers,
      waiting,
      knownEmail: isForAnother(visit) ? hintedElse(app, sessions) : emailFor(typed, app, sessions),
    },
  }
}

/** Somebody else shall sign in: whom the app names, where they are not here already. */
function hintedElse(app: VisitingApp | undefined, sessions: readonly BrowserSession[]): string {
  const hint = app?.request.loginHint ?? ''
  return sessions.some(({ email }) => email === hint) ? '' : hint
}

/** Whom a form is for, as far as it is known: what was typed since the app asked, else whom the app names or has asked to prove it again. */
function emailFor(
  typed: TypedEmail,
  app: VisitingApp | undefined,
  sessions: readonly BrowserSession[],
): string {
  if (app === undefined) return typed.email
  const { loginHint, chosenSession, requestedAtMs } = app.request
  if (typed.email !== '' && typed.atMs >= requestedAtMs) return typed.email
  const asked = sessions.find(({ sessionId }) => sessionId === chosenSession)
  return loginHint || asked?.email || typed.email
}

/** Who waits in this browser to be linked; undefined where nobody does, or not any more. */
async function waitingIn(
  deps: Pick<Deps, 'db'>,
  { mark, visit: { carried } }: ReadVisit,
): Promise<WaitingIdentity | undefined> {
  const { waiting: token } = carried
  if (token === '' || mark === undefined) return undefined
  return findWaiting(deps, { token, browserMark: mark })
}

/** What the request alone says: nothing is asked, so that a page can be shown while the database is away. */
export async function readVisitor(
  { config, masterSecret }: Pick<Deps, 'config' | 'masterSecret'>,
  request: FastifyRequest,
  brought: Brought = {},
): Promise<ReadVisit & { typed: TypedEmail }> {
  const { cookie: cookieHeader } = request.headers
  const [path = '', search = ''] = request.url.split('?', 2)
  const query = readForm(search)
  // Links of the page lead back to it: a path that a browser would take for another host is none.
  const isOwn = /^\/(?![/\\])/u.test(path)
  const typed = rememberedEmail(config, cookieHeader)
  const carried = brought.carried ?? carriedBy(brought.form ?? query, request)
  const mark = knownBrowserMark(readCookie(config, cookieHeader, 'browser'))
  const newMark = mark ?? makeBrowserMark()
  return {
    mark,
    typed,
    setCookies: mark === undefined ? [writeCookie(config, 'browser', { value: newMark })] : [],
    requestIsBroken: false,
    visit: {
      config,
      words: await translatorFor(
        ...carried.uiLocales.split(' ', 10),
        ...acceptedLocales(request.headers['accept-language']),
      ),
      path: isOwn ? path : '/',
      reference: request.id,
      now: new Date(),
      host: hostOf(request),
      carried,
      app: undefined,
      sessions: [],
      providers: [],
      waiting: undefined,
      browserMark: newMark,
      typedEmail: typed.email,
      knownEmail: typed.email,
      formToken: formToken(masterSecret, newMark),
      formAgain: false,
      cookieHeader,
      query,
    },
  }
}

function carriedBy(given: PageForm, { headers }: FastifyRequest): Onward {
  // That somebody stays signed in is said here: a link from another site says nothing of it.
  const stay = headers['sec-fetch-site'] === 'cross-site' ? '' : given.text('stay')
  return {
    request: given.text('request'),
    uiLocales: given.text('ui_locales').slice(0, uiLocalesLengthMax),
    waiting: given.text('waiting'),
    stay: stay === 'yes' || stay === 'no' ? stay : '',
  }
}

/** The host that the visitor typed. */
function hostOf({ headers }: FastifyRequest): string {
  const authority = headers.host ?? headers[':authority']
  return typeof authority === 'string' ? authority : ''
}
