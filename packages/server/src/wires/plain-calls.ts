/**
 * Endpoints that are not of the contract, because others specify them or because their bodies are no messages, as calls of
 * the pipeline: they take a place among the calls, have a time limit, and are observed under their name.
 *
 * An endpoint that names who may call it is authenticated and authorized as a method of the contract is. One that takes raw
 * bytes gets them after that: who may not call is refused before the body is read.
 */

import { ErrorReason } from '@signet/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '../call/app.ts'
import { callPlain } from '../call/call.ts'
import type { Who } from '../call/method.ts'
import { SignetError } from '../errors.ts'
import type { RequestContext } from '../request-context.ts'
import { cutAfterAnswer, readBody } from './read-body.ts'
import { type OriginOptions, originOf } from './request-origin.ts'

export interface PlainGates {
  /** Who may call; left out, the endpoint decides that itself. */
  who?: Who
  /** The most bytes of a raw body. Left out, the body is read by whoever serves the route, or not at all. */
  bodyBytes?: number
}

/** Runs one such endpoint. Throws a SignetError. */
export type PlainCalls = <T>(
  name: string,
  exchange: { request: FastifyRequest; reply: FastifyReply },
  handle: (ctx: RequestContext, body: Buffer) => Promise<T>,
  gates?: PlainGates,
) => Promise<T>

const noBody = Buffer.alloc(0)

/** What makes a call of a plain request. */
export function createPlainCalls(options: OriginOptions & { app: App }): PlainCalls {
  return async (name, { request, reply }, handle, { who, bodyBytes } = {}) => {
    const exchange = { req: request.raw, res: reply.raw, reference: request.id }
    const call = { name, ...(who && { who }) }
    try {
      return await callPlain(options.app, call, originOf(options, exchange), async (ctx) => {
        if (bodyBytes === undefined) return handle(ctx, noBody)
        if (request.headers['content-encoding'] !== undefined)
          throw new SignetError(ErrorReason.UNSUPPORTED_MEDIA_TYPE, { detail: 'encoded bytes' })
        return handle(ctx, await readBody(request.raw, { ...options.limits, bodyBytes }))
      })
    } catch (error) {
      if (bodyBytes !== undefined) cutAfterAnswer(request.raw, reply.raw)
      throw error
    }
  }
}
