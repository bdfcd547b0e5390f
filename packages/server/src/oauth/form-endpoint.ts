/**
 * What the OAuth endpoints that take a form from a client have in common: the form, the client's authentication, and
 * refusals in the form of OAuth.
 *
 * Nothing of an answer is kept by anybody (RFC 6749 §5.1). A refusal is JSON with `error` and, for people,
 * `error_description`; the problem documents of our own API are not what clients of OAuth read.
 *
 * Specs: RFC 6749 §5.2 (errors), RFC 7009 §2.2.1 (503), RFC 9110 §15.5.2 (401 with a challenge).
 */

import { ErrorReason } from '@signet/contract'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Deps } from '../deps.ts'
import { reasons, SignetError } from '../errors.ts'
import type { ClientCaller, RequestContext } from '../request-context.ts'
import type { PlainCalls } from '../wires/plain-calls.ts'
import { authenticateFormClient } from './authenticate-form-client.ts'
import { type Form, parseForm, readFormBodies } from './form.ts'

/** Answers the JSON text of the answer; undefined for an empty one. It authenticates the client. */
export type FormHandler = (
  deps: Deps,
  ctx: RequestContext,
  form: Form,
) => Promise<string | undefined>

/** A handler for clients that prove who they are. */
export function withClient(
  handle: (
    deps: Deps,
    ctx: RequestContext,
    request: { client: ClientCaller; form: Form },
  ) => Promise<string | undefined>,
): FormHandler {
  return async (deps, ctx, form) => {
    const client = await authenticateFormClient(deps, ctx, form)
    ctx.caller = client
    return handle(deps, ctx, { client, form })
  }
}

const jsonMediaType = 'application/json; charset=utf-8'

/** Serves endpoints at their paths, by POST alone. */
export async function mountFormEndpoints(
  fastify: FastifyInstance,
  deps: Deps,
  { call, handlers }: { call: PlainCalls; handlers: Readonly<Record<string, FormHandler>> },
): Promise<void> {
  await fastify.register(async (scope) => {
    readFormBodies(scope)
    scope.setErrorHandler((error, _request, reply) => refuse(reply, error))
    for (const [path, handle] of Object.entries(handlers))
      scope.post(path, async (request, reply) => {
        const answer = await call(`POST ${path}`, { request, reply }, async (ctx) => {
          return handle(deps, ctx, parseForm(request.body, request.headers['content-type']))
        })
        reply.header('cache-control', 'no-store')
        if (answer === undefined) return reply.send()
        return reply.header('content-type', jsonMediaType).send(answer)
      })
  })
}

function refuse(reply: FastifyReply, error: unknown): FastifyReply {
  const refusal = refusalOf(error)
  const { reason, retryAfterSeconds, violations } = refusal
  const isClient = reason === ErrorReason.UNAUTHENTICATED
  const { httpStatus, oauthError, sentence } = reasons[reason]
  reply.code(httpStatus).headers({ 'cache-control': 'no-store', 'content-type': jsonMediaType })
  if (isClient) reply.header('www-authenticate', 'Basic realm="signet", charset="UTF-8"')
  if (retryAfterSeconds !== undefined) reply.header('retry-after', Math.ceil(retryAfterSeconds))
  return reply.send(
    JSON.stringify({
      error: isClient ? 'invalid_client' : (refusal.oauthError ?? oauthError),
      error_description: isClient ? clientSentence : (violations[0]?.message ?? sentence),
    }),
  )
}

const clientSentence =
  'The client is not known, or does not prove that it is the one. Send the id and secret of a registered client, or an assertion that it has signed for the issuer alone.'

/** Fastify's own refusals carry a status: of a body that is too large or of another type. */
function refusalOf(error: unknown): SignetError {
  if (error instanceof SignetError) return error
  const { statusCode } = error as { statusCode?: unknown }
  if (statusCode === 413) return new SignetError(ErrorReason.TOO_LARGE)
  if (statusCode === 415) return new SignetError(ErrorReason.UNSUPPORTED_MEDIA_TYPE)
  if (typeof statusCode === 'number' && statusCode < 500)
    return new SignetError(ErrorReason.INVALID_ARGUMENT)
  // A bug: the handler of the whole server logs it.
  throw error
}
