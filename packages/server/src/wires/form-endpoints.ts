/**
 * Endpoints that others specify, each at one path, to which clients post a form. Services ask them as often as anything else
 * here, so no framework stands between, as with the contract's REST; whoever specifies them says what an answer looks like.
 *
 * A body that is refused is refused within the call, which is counted like any other.
 *
 * Errors: TOO_LARGE, TIMEOUT, UNSUPPORTED_MEDIA_TYPE for a body that is encoded.
 */

import type { ServerResponse } from 'node:http'
import { ErrorReason } from '@signet/contract'
import type { App } from '../call/app.ts'
import { callPlain } from '../call/call.ts'
import { SignetError } from '../errors.ts'
import type { RequestContext } from '../request-context.ts'
import { type HttpHandler, type HttpRequest, pathOf } from './http.ts'
import { cutAfterAnswer, readBody } from './read-body.ts'
import { type RefuseOptions, refuse } from './refuse.ts'
import { type Exchange, type OriginOptions, originOf } from './request-origin.ts'
import { jsonHeads, referenceHeader } from './response-headers.ts'
import { tellVerbs } from './tell-verbs.ts'

/** A body as it came, and what its sender says that it is. */
export interface FormBody {
  bytes: Buffer
  contentType: string | undefined
}

export interface FormEndpoints {
  /** By their paths. Each answers JSON text; undefined for an empty answer. */
  handlers: Readonly<Record<string, FormHandler>>
  /** The most bytes of a body. */
  bodyBytes: number
  /** The answer to a refusal. */
  refusal(refused: SignetError): { status: number; headers: Record<string, string>; body: string }
}

export type FormHandler = (ctx: RequestContext, body: FormBody) => Promise<string | undefined>

export interface FormOptions extends RefuseOptions, OriginOptions {
  app: App
  nextReference(): string
}

export interface Forms {
  serves(path: string): boolean
  /** Answers a request for such a path. Throws a SignetError where it is no POST. */
  handle: HttpHandler
}

/** Serves them by POST alone. */
export function createForms(options: FormOptions, endpoints: FormEndpoints): Forms {
  const handlers = new Map(Object.entries(endpoints.handlers))
  const shared = { ...options, endpoints, heads: jsonHeads(options.headers) }
  return {
    serves: (path) => handlers.has(path),
    handle(req, res) {
      const path = pathOf(req)
      const handler = handlers.get(path)
      if (handler === undefined || req.method !== 'POST') {
        tellVerbs(options, ['POST'], { req, res })
        return
      }
      const exchange = { req, res, reference: options.nextReference() }
      answer(shared, exchange, { name: `POST ${path}`, handler }).catch((error) =>
        refuse(options, error, exchange),
      )
    },
  }
}

type AnswerOptions = FormOptions & {
  endpoints: FormEndpoints
  heads: ReturnType<typeof jsonHeads>
}

async function answer(
  options: AnswerOptions,
  exchange: Exchange,
  { name, handler }: { name: string; handler: FormHandler },
): Promise<void> {
  const { app, endpoints, limits } = options
  const { req, res } = exchange
  const origin = originOf(options, exchange)
  let body: FormBody | undefined
  let unread: unknown
  try {
    body = await readForm(req, { ...limits, bodyBytes: endpoints.bodyBytes })
  } catch (error) {
    unread = error
    cutAfterAnswer(req, res)
  }
  try {
    const text = await callPlain(app, { name }, origin, async (ctx) => {
      if (body === undefined) throw unread
      return handler(ctx, body)
    })
    send(exchange, { status: 200, head: options.heads(origin.secure), body: text ?? '' })
  } catch (error) {
    if (!(error instanceof SignetError)) throw error
    const { status, headers, body } = endpoints.refusal(error)
    const head = [...options.heads(origin.secure), ...Object.entries(headers).flat()]
    send(exchange, { status, head, body })
  }
}

async function readForm(req: HttpRequest, limits: AnswerOptions['limits']): Promise<FormBody> {
  const { headers } = req
  if (headers['content-encoding'] !== undefined)
    throw new SignetError(ErrorReason.UNSUPPORTED_MEDIA_TYPE, { detail: 'an encoded form' })
  return { bytes: await readBody(req, limits), contentType: headers['content-type'] }
}

function send(
  { res, reference }: Exchange,
  { status, head, body }: { status: number; head: readonly string[]; body: string },
): void {
  // Http2ServerResponse speaks the same here; its type does not say so.
  const out = res as ServerResponse
  out.writeHead(status, [
    ...head,
    referenceHeader,
    reference,
    'content-length',
    String(Buffer.byteLength(body)),
  ])
  out.end(body)
}
