/**
 * The pages that the links in mails lead to: `/verify-email` and `/reset-password`.
 *
 * A GET shows a form and does nothing, so that scanners of mail may open every link; the form does it, by a POST that
 * is a call like every other one. The pages run no script, keep the token from every other site, and are
 * never stored.
 *
 * Specs: OWASP ASVS 5.0 V3.4, V6.4.1; Referrer Policy §3.1.
 */

import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Deps } from '../deps.ts'
import { reasonName, reasons, SignetError } from '../errors.ts'
import { renderPage } from '../html/html.ts'
import type { RequestContext } from '../request-context.ts'
import type { PlainCalls } from '../wires/plain-calls.ts'
import type { MailedProof } from './mailed-links.ts'
import { type LinkPage, linkPage, linkStyle, type Outcome, outcomePage } from './pages.ts'
import { resetPassword } from './reset-password.ts'
import { verifyEmail } from './verify-email.ts'

const policy = [
  "default-src 'none'",
  `style-src ${linkStyle.cspSource}`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

const bodyBytesMax = 8 * 1024

/** Adds the routes. */
export function mountLinkPages(fastify: FastifyInstance, deps: Deps, call: PlainCalls): void {
  fastify.register(async (scope) => {
    const type = 'application/x-www-form-urlencoded'
    const parseAs = { parseAs: 'string', bodyLimit: bodyBytesMax } as const
    // Nothing but a form comes in, so that what comes in is text.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser(type, parseAs, (_request, body, done) =>
      done(null, Object.fromEntries(new URLSearchParams(String(body)))),
    )
    for (const route of routes) mount(scope, deps, { call, route })
  })
}

interface Route {
  kind: LinkPage['kind']
  path: string
  /** What the form does. */
  act(deps: Deps, ctx: RequestContext, form: PageForm): Promise<unknown>
}

interface PageForm {
  proof: MailedProof
  password: string
}

const routes: readonly Route[] = [
  {
    kind: 'verify_email',
    path: '/verify-email',
    act: (deps, ctx, { proof }) => verifyEmail(deps, ctx, { proof }),
  },
  {
    kind: 'reset_password',
    path: '/reset-password',
    act: (deps, ctx, { proof, password }) =>
      resetPassword(deps, ctx, { proof, newPassword: password }),
  },
]

function mount(
  scope: FastifyInstance,
  deps: Deps,
  { call, route: { kind, path, act } }: { call: PlainCalls; route: Route },
): void {
  scope.get(path, async (request, reply) => {
    const { token } = request.query as { token?: unknown }
    const page = { kind, token: typeof token === 'string' ? token : '', problem: '' }
    return send(reply, 200, renderPage(linkPage(page)))
  })
  scope.post(path, async (request, reply) => {
    const { token = '', password = '' } = (request.body ?? {}) as Record<string, string>
    const form = { proof: { token, email: '', code: '' }, password }
    const outcome = await outcomeOf(request.id, () =>
      call(`POST ${path}`, { request, reply }, (ctx) => act(deps, ctx, form)),
    )
    const again = kind === 'reset_password' && outcome.reason === 'PASSWORD_REJECTED'
    const page = again
      ? linkPage({ kind, token, problem: outcome.sentence })
      : outcomePage(kind, outcome)
    return send(reply, outcome.status, renderPage(page))
  })
}

/** What came of it, in words; a refusal is an outcome too. */
async function outcomeOf(reference: string, act: () => Promise<unknown>): Promise<Outcome> {
  try {
    await act()
    return { status: 200, reason: '', sentence: '', reference }
  } catch (error) {
    if (!(error instanceof SignetError)) throw error
    const { httpStatus, sentence } = reasons[error.reason]
    const said = error.violations.map(({ message }) => message).join(' ')
    return {
      status: httpStatus,
      reason: reasonName(error.reason),
      sentence: said === '' ? sentence : said,
      reference,
    }
  }
}

function send(reply: FastifyReply, status: number, page: string): FastifyReply {
  reply.headers({
    'cache-control': 'no-store',
    'content-security-policy': policy,
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  })
  return reply.code(status).type('text/html; charset=utf-8').send(page)
}
