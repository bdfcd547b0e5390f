/**
 * Endpoints that are not of the contract, because others specify them, as calls of the pipeline: they take a place among
 * the calls, have a time limit, and are observed under their name.
 */

import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '../call/app.ts'
import { callPlain } from '../call/call.ts'
import type { RequestContext } from '../request-context.ts'
import { type OriginOptions, originOf } from './request-origin.ts'

/** Runs one such endpoint. Throws a SignetError. */
export type PlainCalls = <T>(
  name: string,
  exchange: { request: FastifyRequest; reply: FastifyReply },
  handle: (ctx: RequestContext) => Promise<T>,
) => Promise<T>

/** What makes a call of a plain request. */
export function createPlainCalls(options: OriginOptions & { app: App }): PlainCalls {
  return (name, { request, reply }, handle) => {
    const exchange = { req: request.raw, res: reply.raw, reference: request.id }
    return callPlain(options.app, name, originOf(options, exchange), handle)
  }
}
