/**
 * The page about a request of an app that can go nowhere: for the person, and for whoever builds the app, who sees where the redirect
 * URI that was received leaves the registered one.
 *
 * Specs: RFC 6749 §4.1.2.1 (the person is told, and is not sent anywhere).
 */

import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Html, html } from '../html/html.ts'
import type { AuthorizationProblem } from '../oauth/authorize-endpoint.ts'
import { errorPage } from './error-page.ts'
import { readVisitor } from './read-visit.ts'
import { type PageParts, renderPage, sendPage } from './render-page.ts'

/** Shows it. */
export async function showProblem(
  { deps, face }: Pick<PageParts, 'deps' | 'face'>,
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
  { about, details, redirectUris }: AuthorizationProblem,
): Promise<FastifyReply> {
  const { visit } = await readVisitor(deps, request)
  const page = errorPage(visit, {
    title: visit.words.text('error_title'),
    sentence: visit.words.text(about === 'app' ? 'app_broken' : 'request_broken'),
    details: [...details, ...(redirectUris === undefined ? [] : compared(redirectUris))],
  })
  return sendPage(reply, renderPage(face, visit, { page }), 400)
}

/** Received against registered; what comes after their common beginning is marked. */
function compared({
  received,
  registered,
}: NonNullable<AuthorizationProblem['redirectUris']>): [string, string | Html][] {
  const closest = Math.max(0, ...registered.map((each) => commonLength(each, received)))
  const marked = html`${received.slice(0, closest)}<mark>${received.slice(closest)}</mark>`
  const known = registered.map((each): [string, string] => ['registered', each])
  return [
    ['redirect_uri received', closest === received.length ? received : marked],
    ...(known.length > 0 ? known : [['registered', '(none)'] as [string, string]]),
  ]
}

function commonLength(a: string, b: string): number {
  let same = 0
  while (same < b.length && a[same] === b[same]) same += 1
  return same
}
