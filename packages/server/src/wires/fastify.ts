/**
 * The Fastify instance behind everything that is plain HTTP and not of the contract, such as documents and pages: references, headers of every answer, and
 * every refusal as a problem document. It only routes; sockets belong to the port.
 *
 * Specs: RFC 9110 §15.5.6 (405 with Allow), RFC 9457.
 */

import http from 'node:http'
import { ErrorReason } from '@signet/contract'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { refusalOf } from '../call/refusal.ts'
import { reasonName, SignetError } from '../errors.ts'
import type { HttpHandler } from './http.ts'
import { pathOf } from './http.ts'
import type { WireLimits } from './limits.ts'
import { reasonOfStatus } from './problem.ts'
import { type RefuseOptions, refusalAnswer } from './refuse.ts'
import { referenceHeader } from './response-headers.ts'

export interface FastifyOptions extends RefuseOptions {
  limits: WireLimits
  nextReference(): string
}

/** An instance without routes, and the function that serves a request with it once it is ready. */
export function createFastify(options: FastifyOptions): {
  fastify: FastifyInstance
  handle: HttpHandler
  /** The HTTP methods that its routes answer at a path. */
  verbsAt(path: string): string[]
} {
  let handle: HttpHandler = () => {}
  const fastify: FastifyInstance = Fastify({
    logger: false,
    genReqId: options.nextReference,
    bodyLimit: options.limits.bodyBytes,
    serverFactory: (handler) => {
      handle = handler as unknown as HttpHandler
      return http.createServer()
    },
    frameworkErrors: (error, request, reply) => refuse(options, { error, request, reply }),
    schemaController: {
      compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas },
    },
  })
  fastify.addHook('onRequest', (request, reply, done) => {
    const { secure } = options.clientAddress(request.raw)
    reply.header(referenceHeader, request.id).headers(options.headers(secure))
    done()
  })
  fastify.setErrorHandler((error, request, reply) => refuse(options, { error, request, reply }))
  const paths = knownPaths(fastify)
  fastify.setNotFoundHandler((request, reply) => {
    const allowed = paths.methodsAt(pathOf(request.raw))
    if (allowed.length === 0) throw new SignetError(ErrorReason.NOT_FOUND)
    reply.header('allow', allowed.join(', '))
    if (request.method === 'OPTIONS') return reply.code(204).send()
    throw new SignetError(ErrorReason.METHOD_NOT_ALLOWED)
  })
  return { fastify, handle: (req, res) => handle(req, res), verbsAt: paths.methodsAt }
}

/** The contract is the only schema here. Without Fastify's own compilers the process starts sooner and is smaller. */
function noSchemas(): never {
  throw new Error('a route has a JSON schema, which nothing here compiles')
}

/** What means something in the router's paths or in regular expressions: a colon, a parameter, a wildcard, a sign. */
const routeToken = /::|:\w+(?:\([^)]*\))?|[*.+?^${}()|[\]\\]/g

/** Which HTTP methods each path answers, for the Allow header. */
function knownPaths(fastify: FastifyInstance): { methodsAt(path: string): string[] } {
  const routes: { pattern: RegExp; methods: string[] }[] = []
  fastify.addHook('onRoute', ({ method, url }) => {
    const pattern = url.replace(routeToken, (token) => {
      if (token === '::') return ':'
      if (token === '*') return '.*'
      return token.startsWith(':') ? '[^/]+' : `\\${token}`
    })
    routes.push({
      pattern: new RegExp(`^${pattern}$`),
      methods: typeof method === 'string' ? [method] : method,
    })
  })
  return {
    methodsAt: (path) => [
      ...new Set(
        routes.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods),
      ),
    ],
  }
}

/** Answers a problem document for whatever was thrown. */
function refuse(
  options: FastifyOptions,
  { error, request, reply }: { error: unknown; request: FastifyRequest; reply: FastifyReply },
): FastifyReply {
  const label = request.routeOptions.url ?? 'unknown path'
  const refusal = refusalOf(fromFastify(error), () => logOf(options, request), label)
  if (!(error instanceof SignetError) || request.is404) observe(options, request, refusal)
  // HTTP/2 has no such header; a connection with an unread body is cut in HTTP/1.1.
  if (request.raw.httpVersionMajor === 2) reply.removeHeader('connection')
  const answer = refusalAnswer(options, request.raw, { refusal, reference: request.id })
  return reply.code(answer.status).headers(answer.headers).send(answer.body)
}

/** Fastify's own errors carry a status; those above 499 are bugs, and stay what they are. */
function fromFastify(error: unknown): unknown {
  if (error instanceof SignetError || !(error instanceof Error)) return error
  const { statusCode } = error as { statusCode?: unknown }
  if (typeof statusCode !== 'number' || statusCode < 400 || statusCode > 499) return error
  return new SignetError(reasonOfStatus(statusCode), { cause: error })
}

function logOf(options: FastifyOptions, request: FastifyRequest) {
  return options.app.deps.log.child({ reference: request.id })
}

/** A request that was refused before it became a call is still counted. */
function observe(options: FastifyOptions, request: FastifyRequest, refusal: SignetError): void {
  options.app.observe?.({
    method: undefined,
    wire: 'rest',
    result: reasonName(refusal.reason),
    seconds: 0,
    reference: request.id,
  })
}
