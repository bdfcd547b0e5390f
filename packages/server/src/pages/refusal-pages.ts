/**
 * Turns a refusal into a page where a person looks at it in a browser, whatever path it was about. Programs get the problem document
 * as before: a browser that opens a page says that it takes HTML, and nothing else does.
 *
 * Until there has been an administrator, a path where there is nothing leads to the setup.
 */

import { ErrorReason } from '@signet/contract'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { problemMediaType, reasonAddress } from '../errors.ts'
import { errorPage, notFoundPage } from './error-page.ts'
import { readVisitor } from './read-visit.ts'
import { refusalSentence, translated } from './refused.ts'
import { type PageParts, renderPage } from './render-page.ts'
import { setUpPage } from './set-up-page.ts'
import type { Page, Visit } from './visit.ts'

/** What of a problem document a page is made of. */
interface Problem {
  reason: keyof typeof ErrorReason
  status: number
  detail: string
  reference: string
  violations?: { field: string; rule: string; message: string }[]
  retryAfterSeconds?: number
}

/** Adds it to every route that comes after. */
export function mountRefusalPages(
  fastify: FastifyInstance,
  { deps, face, gate }: Pick<PageParts, 'deps' | 'face' | 'gate'>,
): void {
  fastify.addHook('onSend', async (request, reply, payload) => {
    if (!isSeen(request, reply) || typeof payload !== 'string') return payload
    const problem = JSON.parse(payload) as Problem
    const { visit, setCookies } = await readVisitor(deps, request)
    const missing = problem.reason === 'NOT_FOUND'
    // While the database is away nobody can set anything up.
    const setUp = missing && !(await gate.isSetUp().catch(() => true))
    const page = setUp
      ? setUpPage.view(visit)
      : missing
        ? notFoundPage(visit)
        : refusalPage(visit, problem)
    const { html, headers } = renderPage(face, visit, { page })
    reply.headers(headers).removeHeader('content-length')
    if (setUp) reply.code(200).header('set-cookie', setCookies)
    return html
  })
}

/** Whether this is a refusal that somebody looks at. */
function isSeen({ method, headers }: FastifyRequest, reply: FastifyReply): boolean {
  const problem = String(reply.getHeader('content-type')).startsWith(problemMediaType)
  const page = method === 'GET' || method === 'POST'
  return problem && page && (headers.accept ?? '').includes('text/html')
}

function refusalPage(visit: Visit, problem: Problem): Page {
  const reason = ErrorReason[problem.reason]
  const violations = translated(visit, problem.violations ?? [])
  const known = reason !== undefined && reason !== ErrorReason.UNSPECIFIED
  const sentence = known
    ? refusalSentence(visit, { reason, violations, retryAfterSeconds: problem.retryAfterSeconds })
    : problem.detail
  return errorPage(visit, {
    title: visit.words.text('error_title'),
    sentence: [sentence, ...violations.map(({ message }) => message)].join(' '),
    retryAfterSeconds: problem.retryAfterSeconds,
    details: [
      ['reason', problem.reason],
      ['status', String(problem.status)],
      ['documentation', reasonAddress(visit.config.issuer, problem.reason)],
    ],
  })
}
