/** The page about an authorization request that can go nowhere: for the person, and for whoever builds the client. */

import type { FastifyReply, FastifyRequest } from 'fastify'
import { html, renderPage } from '../html/html.ts'
import type { AuthorizationProblem } from './authorize-endpoint.ts'

/** Shows it. */
export function showAuthorizationProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  { sentence, details }: AuthorizationProblem,
): FastifyReply {
  const page = html`<html lang="en">
<head><meta charset="utf-8"><title>This cannot go on</title><meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body><main>
<h1>This cannot go on</h1>
<p>${sentence}</p>
<p>Reference: ${request.id}</p>
<h2>For developers</h2>
<dl>${details.map(([label, value]) => html`<dt>${label}</dt><dd>${value}</dd>`)}</dl>
</main></body></html>`
  return reply.code(400).type('text/html; charset=utf-8').send(renderPage(page))
}
