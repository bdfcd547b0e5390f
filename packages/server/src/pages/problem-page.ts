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
import { closestTo, differenceOf, type Piece } from './uri-difference.ts'

/** Shows it. */
export async function showProblem(
  { deps, face }: Pick<PageParts, 'deps' | 'face'>,
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
  { about, details, redirectUris }: AuthorizationProblem,
): Promise<FastifyReply> {
  const { visit } = await readVisitor(deps, request)
  const ofApp = redirectUris === undefined ? 'app_broken' : 'app_address_unknown'
  const page = errorPage(visit, {
    title: visit.words.text('error_title'),
    sentence: visit.words.text(about === 'app' ? ofApp : 'request_broken'),
    details: [...details, ...(redirectUris === undefined ? [] : compared(redirectUris))],
  })
  return sendPage(reply, renderPage(face, visit, { page }), 400)
}

/** Received against the registered one that is closest, with what differs marked and said; then the others. */
function compared({
  received,
  registered,
}: NonNullable<AuthorizationProblem['redirectUris']>): [string, string | Html][] {
  const closest = closestTo(received, registered)
  if (closest === undefined)
    return [
      ['redirect_uri received', received],
      ['registered', '(none)'],
    ]
  const difference = differenceOf(received, closest)
  const others = registered.filter((each) => each !== closest)
  return [
    ['redirect_uri received', marked(difference.received)],
    ['registered', marked(difference.registered)],
    ['difference', difference.sentences.join('; ')],
    ...others.map((each): [string, string] => ['also registered', each]),
  ]
}

function marked(pieces: readonly Piece[]): Html {
  return html`${pieces.map(({ text, differs }) => (differs ? html`<mark>${text}</mark>` : text))}`
}
