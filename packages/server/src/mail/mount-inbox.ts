/**
 * Serves the built-in inbox at `/dev/inbox`, to this machine alone: its mails open accounts. In production it is not
 * mounted, and does not exist.
 *
 * `/dev/inbox` and `/dev/inbox/{id}` are pages without a script, `/dev/inbox/{id}/html` is a mail as it was made, and
 * `/dev/inbox.json` is all of them for programs.
 *
 * Errors: NOT_FOUND.
 * Specs: HTML Living Standard §7.1.3 (sandboxing), Content Security Policy Level 3.
 */

import { ErrorReason } from '@signet/contract'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { SignetError } from '../errors.ts'
import { type Html, renderPage } from '../html/html.ts'
import { fromThisMachine } from '../operations/from-this-machine.ts'
import type { Inbox, InboxMail } from './inbox.ts'
import { inboxStyle, listPage, mailPage } from './inbox-page.ts'

const pagePolicy = [
  "default-src 'none'",
  `style-src ${inboxStyle.cspSource}`,
  "frame-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

// Mails carry their styles on their elements, and may show a logo. The policy holds outside of the frame too.
const mailPolicy = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  'img-src https:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
  'sandbox allow-popups allow-popups-to-escape-sandbox',
].join('; ')

/** Adds the routes. */
export function mountInbox(fastify: FastifyInstance, inbox: Inbox): void {
  fastify.get('/dev/inbox', async (request, reply) => {
    requireThisMachine(request)
    return sendHtml(reply, listPage(inbox.list()))
  })
  fastify.get('/dev/inbox.json', async (request) => {
    requireThisMachine(request)
    return { mails: inbox.list() }
  })
  fastify.get('/dev/inbox/:id', async (request, reply) =>
    sendHtml(reply, mailPage(findMail(inbox, request))),
  )
  fastify.get('/dev/inbox/:id/html', async (request, reply) => {
    const { html } = findMail(inbox, request)
    reply.header('content-security-policy', mailPolicy)
    return reply.type('text/html; charset=utf-8').send(html)
  })
}

function sendHtml(reply: FastifyReply, page: Html): FastifyReply {
  reply.header('content-security-policy', pagePolicy)
  return reply.type('text/html; charset=utf-8').send(renderPage(page))
}

function findMail(inbox: Inbox, request: FastifyRequest): InboxMail {
  requireThisMachine(request)
  const { id } = request.params as { id: string }
  const mail = inbox.find(id)
  if (mail === undefined) throw new SignetError(ErrorReason.NOT_FOUND)
  return mail
}

function requireThisMachine(request: FastifyRequest): void {
  if (!fromThisMachine(request)) throw new SignetError(ErrorReason.NOT_FOUND)
}
