/**
 * Sends a page: its frame, its status, and the headers that keep it to itself.
 *
 * The policy allows scripts and pictures of this service alone, which ask nobody else, and one stylesheet, by hash; where the
 * installation has an accent of its own, its stylesheet too. Browsers hold the redirects after a form against it too, so the origin
 * to which the app wants to be answered is allowed as a target of forms: of this page, for this request.
 *
 * Specs: Content Security Policy Level 3 §6.4.2 (form-action), OWASP ASVS 5.0 V3.4.1 to V3.4.8, RFC 9700 §4.2.
 */

import type { FastifyReply } from 'fastify'
import type { Deps } from '../deps.ts'
import { renderPage as wholePage } from '../html/html.ts'
import type { PlainCalls } from '../wires/plain-calls.ts'
import { type Face, pageFrame, type ShownPage } from './page-frame.ts'
import { pageStyle } from './page-style.ts'
import type { ReadVisit } from './read-visit.ts'
import type { SetUpGate } from './set-up-gate.ts'
import type { Page, PageAnswer, Visit } from './visit.ts'

/** What every page is served with. */
export interface PageParts {
  deps: Deps
  call: PlainCalls
  face: Face
  gate: SetUpGate
}

/** The page as text, with the headers that go with it. */
export function renderPage(
  face: Face,
  visit: Visit,
  page: ShownPage,
): { html: string; headers: Record<string, string> } {
  return {
    html: wholePage(pageFrame(face, visit, page)),
    headers: {
      'cache-control': 'no-store',
      'content-language': visit.words.language,
      'content-security-policy': policyFor(face, visit, page.page),
      'content-type': 'text/html; charset=utf-8',
      'cross-origin-opener-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    },
  }
}

/** Sends it. */
export function sendPage(
  reply: FastifyReply,
  { html, headers }: ReturnType<typeof renderPage>,
  status: number,
): FastifyReply {
  return reply.code(status).headers(headers).send(html)
}

/** Sends what a page has answered, with the marks of the browser. */
export function sendAnswer(
  reply: FastifyReply,
  { face }: PageParts,
  { read, answer }: { read: ReadVisit; answer: PageAnswer },
): FastifyReply {
  const { visit, setCookies: marks } = read
  const setCookies = [...marks, ...(answer.setCookies ?? [])]
  if (setCookies.length > 0) reply.header('set-cookie', setCookies)
  if ('to' in answer) return reply.header('cache-control', 'no-store').redirect(answer.to, 303)
  const { status = 200, refused } = answer
  const wait = refused?.retryAfterSeconds
  if (wait !== undefined) reply.header('retry-after', Math.max(1, Math.ceil(wait)))
  return sendPage(reply, renderPage(face, visit, answer), status)
}

function policyFor({ brand }: Face, { app }: Visit, { leadsTo }: Page): string {
  const leads = [app?.request.redirectUri, leadsTo].filter((uri) => uri !== undefined)
  const targets = ["'self'", ...leads.map(formTarget)]
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src ${pageStyle.cspSource}${brand.stylesheet === undefined ? '' : " 'self'"}`,
    "connect-src 'self'",
    "img-src 'self'",
    `form-action ${targets.join(' ')}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

/** The source expression of a redirect URI: its origin, or its scheme where it has none that a policy could name. */
function formTarget(redirectUri: string): string {
  const { protocol, origin, hostname } = new URL(redirectUri)
  return origin === 'null' || hostname.startsWith('[') ? protocol : origin
}
