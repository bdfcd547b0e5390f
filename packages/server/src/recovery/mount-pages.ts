/**
 * The pages that the links in mails lead to: `/verify-email` and `/reset-password`.
 *
 * A GET shows a form and does nothing, so that scanners of mail may open every link; the form does it, by a POST that
 * goes through the same door as every other call. The pages run no script, keep the token from every other site, and are
 * never stored.
 *
 * Specs: OWASP ASVS 5.0 V3.4, V6.4.1; Referrer Policy §3.1.
 */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { renderPage } from '../html/html.ts'
import { type LinkPage, linkPage, linkStyle, type Outcome, outcomePage } from './pages.ts'

const policy = [
  "default-src 'none'",
  `style-src ${linkStyle.cspSource}`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

const bodyBytesMax = 8 * 1024

/** Adds the routes. */
export function mountLinkPages(fastify: FastifyInstance): void {
  fastify.register(async (scope) => {
    const type = 'application/x-www-form-urlencoded'
    const parseAs = { parseAs: 'string', bodyLimit: bodyBytesMax } as const
    scope.addContentTypeParser(type, parseAs, (_request, body, done) =>
      done(null, Object.fromEntries(new URLSearchParams(String(body)))),
    )
    mount(scope, fastify, '/verify-email', {
      kind: 'verify_email',
      api: '/api/v1/auth/verify-email',
    })
    mount(scope, fastify, '/reset-password', {
      kind: 'reset_password',
      api: '/api/v1/auth/reset-password',
    })
  })
}

interface Route {
  kind: LinkPage['kind']
  /** The method that the form calls. */
  api: string
}

function mount(
  scope: FastifyInstance,
  fastify: FastifyInstance,
  path: string,
  { kind, api }: Route,
): void {
  scope.get(path, async (request, reply) => {
    const { token } = request.query as { token?: unknown }
    const page = { kind, token: typeof token === 'string' ? token : '', problem: '' }
    return send(reply, 200, renderPage(linkPage(page)))
  })
  scope.post(path, async (request, reply) => {
    const { token = '', password = '' } = (request.body ?? {}) as Record<string, string>
    const outcome = await call(fastify, request, api, {
      proof: { token },
      ...(kind === 'reset_password' && { newPassword: password }),
    })
    const again = kind === 'reset_password' && outcome.reason === 'PASSWORD_REJECTED'
    const page = again
      ? linkPage({ kind, token, problem: outcome.sentence })
      : outcomePage(kind, outcome)
    return send(reply, outcome.status, renderPage(page))
  })
}

/** Calls the method as any client would, from where the form came. */
async function call(
  fastify: FastifyInstance,
  request: FastifyRequest,
  url: string,
  payload: object,
): Promise<Outcome> {
  const { remoteAddress = '' } = request.raw.socket
  const forwarded = request.headers['x-forwarded-for']
  const answer = await fastify.inject({
    method: 'POST',
    url,
    payload,
    remoteAddress,
    headers: {
      ...(forwarded !== undefined && { 'x-forwarded-for': forwarded }),
      'user-agent': request.headers['user-agent'] ?? '',
    },
  })
  const body = answer.json() as {
    title?: string
    detail?: string
    reason?: string
    reference?: string
    violations?: { message: string }[]
  }
  const said = body.violations?.map(({ message }) => message).join(' ') ?? ''
  return {
    status: answer.statusCode,
    reason: body.reason ?? '',
    sentence: said === '' ? (body.detail ?? '') : said,
    reference: body.reference ?? '',
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
