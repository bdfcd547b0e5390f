/**
 * Pages behind mailed links that are one form at the most: what they say, and what the form does.
 *
 * A GET shows the form and does nothing, so that scanners of mail may open every link; the form does it, by a POST that is a
 * call like every other one. The pages run no script, keep the token from every other site, and are never stored.
 *
 * Specs: OWASP ASVS 5.0 V3.4, V6.4.1; Referrer Policy §3.1.
 */

import type { FastifyInstance, FastifyReply } from 'fastify'
import { reasons, SignetError } from '../errors.ts'
import { type Html, type HtmlValue, html, renderPage } from '../html/html.ts'
import { linkStyle } from '../recovery/pages.ts'
import type { RequestContext } from '../request-context.ts'
import type { PlainCalls } from '../wires/plain-calls.ts'

/** One page. */
export interface MailedForm {
  path: `/${string}`
  title: string
  lead: string
  /** What the form says and does; undefined where there is nothing to do here. */
  form?: {
    /** It asks for a new password, too. */
    asksPassword?: true
    button: string
    done: { title: string; text: string }
    act(ctx: RequestContext, form: { token: string; password: string }): Promise<unknown>
  }
}

const policy = [
  "default-src 'none'",
  `style-src ${linkStyle.cspSource}`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

const bodyBytesMax = 8 * 1024

/** Adds the pages. */
export function mountMailedForms(
  fastify: FastifyInstance,
  call: PlainCalls,
  forms: readonly MailedForm[],
): void {
  fastify.register(async (scope) => {
    const parseAs = { parseAs: 'string', bodyLimit: bodyBytesMax } as const
    // Nothing but a form comes in, so that what comes in is text.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      parseAs,
      (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body)))),
    )
    for (const form of forms) mount(scope, call, form)
  })
}

function mount(scope: FastifyInstance, call: PlainCalls, page: MailedForm): void {
  const { path, form } = page
  scope.get(path, async (request, reply) => {
    const { token } = request.query as { token?: unknown }
    return send(reply, 200, formPage(page, typeof token === 'string' ? token : ''))
  })
  if (form === undefined) return
  scope.post(path, async (request, reply) => {
    const { token = '', password = '' } = (request.body ?? {}) as Record<string, string>
    try {
      await call(`POST ${path}`, { request, reply }, (ctx) => form.act(ctx, { token, password }))
    } catch (error) {
      if (!(error instanceof SignetError)) throw error
      const { httpStatus, sentence } = reasons[error.reason]
      const said = error.violations.map(({ message }) => message).join(' ')
      const shown =
        form.asksPassword && said !== ''
          ? formPage(page, token, said)
          : refusalPage(said === '' ? sentence : said, request.id)
      return send(reply, httpStatus, shown)
    }
    return send(reply, 200, frame(form.done.title, html`<p>${form.done.text}</p>`))
  })
}

function formPage({ path, title, lead, form }: MailedForm, token: string, problem = ''): Html {
  if (form === undefined) return frame(title, html`<p>${lead}</p>`)
  const refused = problem !== '' && html`<p class="problem" role="alert">${problem}</p>`
  const password =
    form.asksPassword &&
    html`<label for="password">New password</label>
<input id="password" name="password" type="password" autocomplete="new-password" required maxlength="1024">`
  return frame(
    title,
    html`${refused}<p>${lead}</p>
<form method="post" action="${path}">
<input type="hidden" name="token" value="${token}">
${password}
<button type="submit">${form.button}</button>
</form>`,
  )
}

function refusalPage(sentence: string, reference: string): Html {
  return frame(
    'That did not work',
    html`<p role="alert">${sentence}</p>
<p class="quiet">Reference <bdi>${reference}</bdi></p>`,
  )
}

function frame(title: string, content: HtmlValue): Html {
  return html`<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
${linkStyle.element}
</head>
<body>
<main>
<h1>${title}</h1>
${content}
</main>
</body>
</html>`
}

function send(reply: FastifyReply, status: number, page: Html): FastifyReply {
  reply.headers({
    'cache-control': 'no-store',
    'content-security-policy': policy,
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  })
  return reply.code(status).type('text/html; charset=utf-8').send(renderPage(page))
}
