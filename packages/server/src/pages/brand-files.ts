/**
 * Serves what gives an installation its look, which the configuration says, and the logos of clients, which were fetched.
 *
 * A file has one type and comes with a policy under which nothing runs, whoever opens its address. One whose address names its
 * content may be kept for a year by anybody, pages of other origins included.
 *
 * Errors: NOT_FOUND.
 * Specs: RFC 8246 (immutable), Content Security Policy Level 3 §6.3 (sandbox), Fetch Standard §3.7 (Cross-Origin-Resource-Policy).
 */

import { ErrorReason } from '@signet/contract'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { logoRoute, readLogo } from '../clients/client-logo.ts'
import { type BrandSettings, mailLogoPath } from '../config/brand-settings.ts'
import { SignetError } from '../errors.ts'
import { accentFile, type BrandFile, brandLogoPath, iconFile } from './brand-markup.ts'
import type { PageParts } from './render-page.ts'

export const keptForGood = 'public, max-age=31536000, immutable'
const keptForADay = 'public, max-age=86400'
const inertPolicy = "default-src 'none'; sandbox; frame-ancestors 'none'"

/** Those of clients. */
export function mountClientLogos(
  fastify: FastifyInstance,
  { deps, call }: Pick<PageParts, 'deps' | 'call'>,
): void {
  fastify.get(logoRoute, async (request, reply) => {
    const { file } = request.params as { file: string }
    const bytes = await call(`GET ${logoRoute}`, { request, reply }, () => readLogo(deps.db, file))
    if (bytes === undefined)
      throw new SignetError(ErrorReason.NOT_FOUND, { detail: 'no such logo' })
    return sendPicture(reply, { bytes, mediaType: 'image/webp' }, keptForGood)
  })
}

/** What the installation has of its own: its accent, the mark in the tab, its logo. */
export function mountBrand(fastify: FastifyInstance, brand: BrandSettings): void {
  mountText(fastify, accentFile(brand), 'text/css; charset=utf-8')
  mountText(fastify, iconFile(brand), 'image/svg+xml')
  if (brand.logo !== undefined) mountLogos(fastify, brand.logo)
}

function mountText(fastify: FastifyInstance, file: BrandFile | undefined, mediaType: string): void {
  if (file === undefined) return
  fastify.get(file.path, async (_request, reply) =>
    reply
      .headers({ 'cache-control': keptForGood, 'content-security-policy': inertPolicy })
      .type(mediaType)
      .send(file.text),
  )
}

/** By day and by night; and the one in mails, which outlive a change of it. */
function mountLogos(fastify: FastifyInstance, logo: NonNullable<BrandSettings['logo']>): void {
  const { day, night = day } = logo
  const files = new Map([day, night].map((file) => [brandLogoPath(file), file]))
  for (const [path, file] of files)
    fastify.get(path, async (_request, reply) => sendPicture(reply, file, keptForGood))
  fastify.get(mailLogoPath, async (_request, reply) => sendPicture(reply, day, keptForADay))
}

function sendPicture(
  reply: FastifyReply,
  { bytes, mediaType }: { bytes: Buffer; mediaType: string },
  cacheControl: string,
): FastifyReply {
  return reply
    .headers({
      'cache-control': cacheControl,
      'content-type': mediaType,
      'content-security-policy': inertPolicy,
      'cross-origin-resource-policy': 'cross-origin',
      'content-disposition': 'inline',
    })
    .send(bytes)
}
