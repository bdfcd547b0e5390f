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
import { basicChallenge } from '../authorization-header.ts'
import type { Deps } from '../deps.ts'
import { reasons, type SignetError } from '../errors.ts'
import type { ClientCaller, RequestContext } from '../request-context.ts'
import type { FormBody, FormEndpoints } from '../wires/form-endpoints.ts'
import { authenticateFormClient } from './authenticate-form-client.ts'
import { type Form, formBytesMax, parseForm } from './form.ts'

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

/** The endpoints at their paths, as the wires serve them. */
export function formEndpoints(
  deps: Deps,
  handlers: Readonly<Record<string, FormHandler>>,
): FormEndpoints {
  const served = Object.entries(handlers).map(([path, handle]) => [
    path,
    async (ctx: RequestContext, { bytes, contentType }: FormBody) =>
      handle(deps, ctx, parseForm(bytes, contentType)),
  ])
  return { handlers: Object.fromEntries(served), bodyBytes: formBytesMax, refusal: refusalAnswer }
}

function refusalAnswer(refused: SignetError): ReturnType<FormEndpoints['refusal']> {
  const { reason, retryAfterSeconds, violations } = refused
  const isClient = reason === ErrorReason.UNAUTHENTICATED
  const { httpStatus, oauthError, sentence } = reasons[reason]
  const headers = {
    ...(isClient && { 'www-authenticate': basicChallenge }),
    ...(retryAfterSeconds !== undefined && {
      'retry-after': `${Math.max(1, Math.ceil(retryAfterSeconds))}`,
    }),
  }
  const body = JSON.stringify({
    error: isClient ? 'invalid_client' : (refused.oauthError ?? oauthError),
    error_description: isClient ? clientSentence : (violations[0]?.message ?? sentence),
  })
  return { status: httpStatus, headers, body }
}

const clientSentence =
  'The client is not known, or does not prove that it is the one. Send the id and secret of a registered client, or an assertion that it has signed for the issuer alone.'
