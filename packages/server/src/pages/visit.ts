/** What a page knows of who looks at it, and what it answers. */

import type { Config } from '../config/config.ts'
import type { Deps } from '../deps.ts'
import type { Violation } from '../errors.ts'
import type { ListedProvider } from '../federation/known-providers.ts'
import type { WaitingIdentity } from '../federation/linking.ts'
import { nowhere, type Onward } from '../federation/provider-sign-in.ts'
import type { HtmlValue } from '../html/html.ts'
import type { SessionId } from '../ids.ts'
import { wayBack } from '../oauth/endpoints.ts'
import type { RequestContext } from '../request-context.ts'
import type { BrowserSession } from '../sessions/browser-session.ts'
import type { PageForm } from './page-form.ts'
import type { Translator } from './page-texts.ts'
import type { VisitingApp } from './visiting-app.ts'

/** One request for a page. */
export interface Visit {
  config: Pick<
    Config,
    | 'brand'
    | 'emailSignIn'
    | 'phones'
    | 'environment'
    | 'issuer'
    | 'passwordMinLength'
    | 'sessionLifetimeSeconds'
    | 'staySignedIn'
  >
  words: Translator
  /** The path that was asked for. */
  path: string
  /** Finds the log line and the event. */
  reference: string
  now: Date
  /** The host that the visitor typed, with its port. */
  host: string
  /** What goes along from page to page: every link and form has it, where the page was opened with it. */
  carried: Onward
  /** The app that the visitor comes from; undefined where they come by themselves. */
  app: VisitingApp | undefined
  /** Who is signed in in this browser, the active one first. */
  sessions: readonly BrowserSession[]
  /** The address that was typed on an earlier page; empty where none was. */
  typedEmail: string
  /** The address that was typed since the app asked, else the one that it names or asks for again, else the one that was typed before. */
  knownEmail: string
  /** Whom people may sign in with. */
  providers: readonly ListedProvider[]
  /** Who somebody is at a provider that waits to be linked to the account that they sign in to. */
  waiting: WaitingIdentity | undefined
  /** The secret of this browser; a new one, where it brought none. */
  browserMark: string
  /** The token that a form of this browser carries. */
  formToken: string
  /** The form is shown again because the browser did not bring what it was given with the first one. */
  formAgain: boolean
  cookieHeader: string | undefined
  /** Parameters of the address. */
  query: PageForm
}

/** A page without its frame. */
export interface Page {
  title: string
  /** It names the app itself. */
  withoutApp?: true
  /** Says that something worked. */
  notice?: string
  content: HtmlValue
  /** Where its form leads in the end, where that is another site. */
  leadsTo?: string
}

/** What was sent, and why it was refused. */
export interface Tried {
  form: PageForm
  problem: string
  violations: readonly Violation[]
  /** Whole seconds after which trying again makes sense. */
  retryAfterSeconds?: number | undefined
}

/** A page, or the address where the visitor goes on, with a GET. */
export type PageAnswer = { setCookies?: readonly string[] } & (
  | { page: Page; status?: number; refused?: Pick<Tried, 'problem' | 'retryAfterSeconds'> }
  | { to: string }
)

/** A page: what it shows, and what its form does. */
export interface PageRoute {
  path: string
  /** The page, empty or with what was tried. */
  view(visit: Visit, tried?: Tried): Page
  /**
   * What a GET answers, where that is not the page as it is. It changes nothing, but for `/leave`, where an ID token has said whose
   * session ends.
   */
  show?(deps: Deps, ctx: RequestContext, visit: Visit): Promise<PageAnswer>
  /** What a POST does. A SignetError is shown on the page. */
  submit?(
    deps: Deps,
    ctx: RequestContext,
    sent: { visit: Visit; form: PageForm },
  ): Promise<PageAnswer>
}

/** Whether the page was opened to use another account than those in this browser. */
export function isForAnother({ query }: Pick<Visit, 'query'>): boolean {
  return query.text('another') !== ''
}

/** The address of another page, with what goes along. */
export function pageAddress(
  path: string,
  { request, uiLocales, waiting, stay }: Onward,
  more: Readonly<Record<string, string>> = {},
): string {
  const given = { ...more, request, ui_locales: uiLocales, waiting, stay }
  const query = new URLSearchParams(Object.entries(given).filter(([, value]) => value !== ''))
  return query.size === 0 ? path : `${path}?${query}`
}

/** Where somebody goes on who is done with the pages: back to what the app wants, with this session; else to who they are here. */
export function onwardAddress({ app, carried }: Visit, sessionId: SessionId): string {
  return app === undefined
    ? pageAddress('/signed-in', { ...carried, waiting: '', stay: '' })
    : resumeAddress(app.chosen(sessionId))
}

/** Where the protocol decides again on a sealed request. */
export function resumeAddress(request: string): string {
  return pageAddress(wayBack.resume, { ...nowhere, request })
}

/** How a person is called on a page. */
export function nameOf({ displayName, email }: BrowserSession): string {
  return displayName || email || '–'
}
