/**
 * The reference that the server itself serves: `/openapi.json`, `/docs/api` and `/docs/errors`.
 *
 * Each is rendered and compressed once, when it is first asked for. The pages run no script, load nothing, and their policy allows
 * exactly their one stylesheet.
 *
 * Specs: RFC 9110 §13.1.2 (If-None-Match), Content Security Policy Level 3.
 */

import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { inlineStyle, renderPage } from '../html/html.ts'
import { readApiDocument } from './api-document.ts'
import { apiPage } from './api-page.ts'
import { errorsPage } from './errors-page.ts'
import { referenceStyle } from './reference-style.ts'

interface ReferenceOptions {
  /** The address of this server, without a trailing slash: the examples call it. */
  issuer: string
}

/** Adds the routes of the reference. Throws where the generated document cannot be read. */
export function mountReference(fastify: FastifyInstance, { issuer }: ReferenceOptions): void {
  const { text, document } = readApiDocument()
  const { element: style, cspSource } = inlineStyle(referenceStyle)
  const page = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': `default-src 'none'; style-src ${cspSource}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  }
  serve(fastify, '/openapi.json', {
    content: () => text,
    headers: { 'content-type': 'application/json; charset=utf-8' },
  })
  serve(fastify, '/docs/api', {
    content: () => renderPage(apiPage({ document, issuer, style })),
    headers: page,
  })
  serve(fastify, '/docs/errors', {
    content: () => renderPage(errorsPage({ document, issuer, style })),
    headers: page,
  })
}

interface Resource {
  content(): string
  headers: Record<string, string>
}

function serve(fastify: FastifyInstance, url: string, { content, headers }: Resource): void {
  let prepared: PreparedContent | undefined
  fastify.get(url, async (request, reply) => {
    prepared ??= prepare(content())
    const { plain, compressed, digest } = prepared
    const gzip = acceptsGzip(request)
    const etag = `"${digest}${gzip ? '-gzip' : ''}"`
    reply.headers({
      ...headers,
      'cache-control': 'no-cache',
      etag,
      'referrer-policy': 'no-referrer',
      vary: 'accept-encoding',
      'x-content-type-options': 'nosniff',
    })
    if (request.headers['if-none-match'] === etag) return reply.code(304).send()
    return gzip ? sendCompressed(reply, compressed) : reply.send(plain)
  })
}

interface PreparedContent {
  plain: Buffer
  compressed: Buffer
  digest: string
}

function prepare(content: string): PreparedContent {
  const plain = Buffer.from(content)
  const digest = createHash('sha256').update(plain).digest('base64url').slice(0, 22)
  return { plain, compressed: gzipSync(plain, { level: 9 }), digest }
}

function sendCompressed(reply: FastifyReply, compressed: Buffer): FastifyReply {
  return reply.header('content-encoding', 'gzip').send(compressed)
}

function acceptsGzip(request: FastifyRequest): boolean {
  const accepted = request.headers['accept-encoding']
  const codings = (typeof accepted === 'string' ? accepted : '').toLowerCase().split(',')
  return codings.some((coding) => /^\s*gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*$).*)?$/.test(coding))
}
