/**
 * Sends a page: its frame, its status, and the headers that keep it to itself.
 *
 * The policy allows one script, by address, and one stylesheet, by hash. Browsers hold the redirects after a form against it too,
 * so the origin to which the app wants to be answered is allowed as a target of forms: of this page, for this request.
 *
 * Specs: Content Security Policy Level 3 §6.4.2 (form-action), OWASP ASVS 5.0 V3.4.1 to V3.4.8, RFC 9700 §4.2.
 */

import type { FastifyReply } from 'fastify'
import { renderPage as wholePage } from '../html/html.ts'
import { type Face, pageFrame, type ShownPage } from './page-frame.ts'
import { pageStyle } from './page-style.ts'
import type { Page, Visit } from './visit.ts'

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
      'content-security-policy': policyFor(visit, page.page),
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

function policyFor({ app }: Visit, { leadsTo }: Page): string {
  const leads = [app?.request.redirectUri, leadsTo].filter((uri) => uri !== undefined)
  const targets = ["'self'", ...leads.map(formTarget)]
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src ${pageStyle.cspSource}`,
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
