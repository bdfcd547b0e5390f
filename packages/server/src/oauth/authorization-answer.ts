/**
 * Sends the browser back to the client with an answer: a code, or an error.
 *
 * By `query` the parameters are added to the redirect URI, and the browser goes there by 303, so that no form is ever sent on. By
 * `form_post` they are the fields of a form that sends itself; without JavaScript a person presses its button.
 *
 * Every answer names the issuer, so that a client that talks to several servers knows whose it is.
 *
 * Specs: RFC 6749 §4.1.2 and §4.1.2.1, RFC 9207 §2, RFC 9700 §4.12, OAuth 2.0 Form Post Response Mode 1.0 §2.
 */

import type { FastifyInstance, FastifyReply } from 'fastify'
import { html, renderPage } from '../html/html.ts'
import type { AuthorizationRequest } from './authorization-request.ts'

/** Where an answer goes, and how. */
export type AnswerTo = Pick<AuthorizationRequest, 'redirectUri' | 'responseMode' | 'state'>

const scriptPath = '/oauth2/form-post.js'
const script = 'document.forms[0].submit()\n'
const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Sends parameters to the client; `state` and `iss` are added. */
export function sendAnswer(
  reply: FastifyReply,
  issuer: string,
  { to, parameters }: { to: AnswerTo; parameters: Readonly<Record<string, string>> },
): FastifyReply {
  const fields = Object.entries({
    ...parameters,
    ...(to.state !== undefined && { state: to.state }),
    iss: issuer,
  })
  reply.header('cache-control', 'no-store')
  if (to.responseMode === 'query') {
    const separator = to.redirectUri.includes('?') ? '&' : '?'
    const query = new URLSearchParams(fields).toString()
    return reply.redirect(`${to.redirectUri}${separator}${query}`, 303)
  }
  return reply
    .header('content-security-policy', pagePolicy)
    .type('text/html; charset=utf-8')
    .send(renderPage(formPage(to.redirectUri, fields)))
}

/** Serves the script of the form. It is a file of its own, because no page of Signet runs a script that stands in it. */
export function mountFormPostScript(fastify: FastifyInstance): void {
  fastify.get(scriptPath, async (_request, reply) =>
    reply
      .header('cache-control', 'public, max-age=86400')
      .type('text/javascript; charset=utf-8')
      .send(script),
  )
}

function formPage(redirectUri: string, fields: readonly [name: string, value: string][]) {
  return html`<html lang="en">
<head><meta charset="utf-8"><title>Signing in</title></head>
<body>
<form method="post" action="${redirectUri}">
${fields.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
<noscript><button type="submit">Continue</button></noscript>
</form>
<script src="${scriptPath}"></script>
</body>
</html>`
}
