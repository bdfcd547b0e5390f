/**
 * The way in: one port for REST, Connect, gRPC-Web and gRPC, and, where the operator asks for it, a second one for
 * procedures alone. Everything the wires share is made here.
 *
 * To close: stop accepting, tell HTTP/2 peers to go away, end streams with UNAVAILABLE, finish the requests in flight,
 * and cut what is left when the grace is over.
 */

import type { FastifyInstance } from 'fastify'
import type { App } from '../call/app.ts'
import { createReferences } from '../call/reference.ts'
import type { SocketAddress } from '../config/socket-address.ts'
import { createClientAddress } from './client-address.ts'
import { createCors } from './cors.ts'
import type { CountryRanges } from './country-ranges.ts'
import { createDispatch, type DispatchOptions } from './dispatch.ts'
import { createFastify } from './fastify.ts'
import { createForms, type FormEndpoints } from './form-endpoints.ts'
import type { HttpHandler } from './http.ts'
import { createHttp1Server } from './http1-server.ts'
import { createHttp2Server } from './http2-server.ts'
import type { WireLimits } from './limits.ts'
import { createPlainCalls, type PlainCalls } from './plain-calls.ts'
import { createPort, type Port, type TlsFiles } from './port.ts'
import { createProblems } from './problem.ts'
import { createResponseHeaders } from './response-headers.ts'
import { createRest } from './rest/rest.ts'
import { healthMethods } from './rpc/health.ts'
import { createRpc } from './rpc/rpc.ts'

export interface ListenerConfig {
  issuer: string
  httpAddress: SocketAddress
  /** A second port, for procedures alone. */
  grpcAddress?: SocketAddress | undefined
  tls?: TlsFiles | undefined
  /** Addresses or CIDRs whose forwarding headers are believed. */
  trustedProxies: readonly string[]
  /** A header of the trusted proxies, in lower case. */
  countryHeader?: string | undefined
  /** Origins whose pages may call. */
  corsOrigins: readonly string[]
  limits: WireLimits
  /** Whether tools may read the contract from the server. */
  reflection: boolean
}

export interface ListenerOptions {
  app: App
  config: ListenerConfig
  /** In which countries addresses are, where no header says it. */
  countries?: CountryRanges | undefined
  /** Whether this instance takes calls, for the gRPC health service. */
  ready(): Promise<boolean>
  /** Endpoints outside the contract that take a form. */
  forms?: FormEndpoints
  /** Adds what else is outside the contract: probes, metrics, documents, pages. */
  mountExtra?(fastify: FastifyInstance, calls: PlainCalls): void | Promise<void>
  /** Paths that pages of every origin may call. */
  anyOriginPaths?: ReadonlySet<string>
  /** A second REST path for some methods, by their full name. */
  aliases?: Readonly<Record<string, string>>
}

export interface Listener {
  /** Starts accepting. Answers the addresses in use, as `host:port`. */
  listen(): Promise<{ http: string; grpc?: string }>
  /** Closes gracefully; cuts what is still open after `graceMs` milliseconds. */
  close(graceMs: number): Promise<void>
}

const noForms: FormEndpoints = {
  handlers: {},
  bodyBytes: 0,
  refusal: (refused) => {
    throw refused
  },
}

/** How often connections that have become idle are closed while the server stops. */
const idleCheckMs = 20

/** Prepares everything but the sockets. Throws where two routes claim one path or an option does not fit. */
export async function createListener(options: ListenerOptions): Promise<Listener> {
  const { app, config } = options
  const stopping = new AbortController()
  const shared = {
    app,
    limits: config.limits,
    problems: createProblems(config.issuer),
    nextReference: createReferences(),
    clientAddress: createClientAddress(config.trustedProxies, {
      header: config.countryHeader,
      ranges: options.countries,
    }),
    headers: createResponseHeaders(),
    shutdown: stopping.signal,
  }
  const { fastify, handle: others, verbsAt } = createFastify(shared)
  const { aliases } = options
  const forms = createForms(shared, options.forms ?? noForms)
  const rest = createRest({ ...shared, aliases, others: { handle: others, verbsAt } })
  await options.mountExtra?.(fastify, createPlainCalls(shared))
  await fastify.ready()
  const services = [...new Set(app.methods.map(({ desc }) => desc.parent))]
  const rpc = createRpc({
    ...shared,
    methods: [...app.methods, ...healthMethods(services, options.ready)],
    reflection: config.reflection,
  })
  const cors = createCors(config.corsOrigins, options.anyOriginPaths)
  const doors = [openDoor(config.httpAddress, { rest, forms, others })]
  if (config.grpcAddress !== undefined) doors.push(openDoor(config.grpcAddress, undefined))

  function openDoor(address: SocketAddress, plain: DispatchOptions['plain']) {
    const dispatch = createDispatch({ ...shared, cors, rpc, plain })
    const handle = lastWhen(stopping.signal, dispatch)
    const http1 = createHttp1Server({ ...shared, handle })
    const http2 = createHttp2Server(config.limits, handle)
    const port = createPort({
      address,
      tls: config.tls,
      limits: config.limits,
      onHttp1: (socket) => http1.emit('connection', socket),
      onHttp2: (socket) => http2.server.emit('connection', socket),
    })
    return { port, http1, http2 }
  }

  return {
    async listen() {
      const [http = '', grpc] = await listenAll(doors.map(({ port }) => port))
      return grpc === undefined ? { http } : { http, grpc }
    },
    async close(graceMs) {
      const ports = doors.map(({ port }) => port)
      const closed = Promise.all(ports.map((port) => port.close()))
      stopping.abort()
      const cut = setTimeout(() => {
        for (const port of ports) port.destroy()
      }, graceMs)
      for (const { http2 } of doors) http2.goAway()
      const idle = setInterval(() => {
        for (const { http1 } of doors) http1.closeIdleConnections()
      }, idleCheckMs)
      await closed
      clearTimeout(cut)
      clearInterval(idle)
      for (const { http1 } of doors) http1.close()
      await fastify.close()
    },
  }
}

/** Starts every port, or none: what has started is closed when another cannot. */
async function listenAll(ports: readonly Port[]): Promise<string[]> {
  const started: Port[] = []
  const addresses: string[] = []
  try {
    for (const port of ports) {
      addresses.push(await port.listen())
      started.push(port)
    }
    return addresses
  } catch (error) {
    for (const port of started) await port.close()
    throw error
  }
}

/** While the server stops, an answer of HTTP/1.1 is the last one of its connection. HTTP/2 has GOAWAY for that. */
function lastWhen(stopping: AbortSignal, handle: HttpHandler): HttpHandler {
  return (req, res) => {
    if (stopping.aborted && !('stream' in res)) res.shouldKeepAlive = false
    handle(req, res)
  }
}
