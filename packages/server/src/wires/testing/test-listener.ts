/** A listener on real sockets for tests, with the whole contract answered by plain functions of the test. */

import type { DescService } from '@bufbuild/protobuf'
import * as contract from '@signet/contract'
import { ErrorReason } from '@signet/contract'
import { pino } from 'pino'
import type { ClientCredentials } from '../../authorization-header.ts'
import { createAdmission } from '../../call/admission.ts'
import type { App, CallOutcome } from '../../call/app.ts'
import { type Handlers, implement, type Method } from '../../call/method.ts'
import { createValidate } from '../../call/validate.ts'
import type { Deps } from '../../deps.ts'
import { SignetError } from '../../errors.ts'
import type { ClientId, SessionId, UserId } from '../../ids.ts'
import type { ClientCaller, RequestContext, UserCaller } from '../../request-context.ts'
import { noTokens } from '../../testing/clients.ts'
import { defaultWireLimits, type WireLimits } from '../limits.ts'
import { createListener, type ListenerConfig, type ListenerOptions } from '../listener.ts'

export const issuer = 'http://signet.test'

/** Every service of the contract, so that a new one cannot be forgotten. */
export const services: DescService[] = Object.values(contract).filter(
  (each): each is Extract<typeof each, DescService> =>
    typeof each === 'object' && 'kind' in each && each.kind === 'service',
)

/** What answers a call: a message (unary), or messages one by one (streams). */
export type Answer = (
  method: string,
  ctx: RequestContext,
  input: unknown,
) => object | Promise<object> | AsyncIterable<object>

/** Tokens that the test listener accepts. Anything else is UNAUTHENTICATED. */
export const tokens = {
  plain: 'token-of-a-user',
  reader: 'token-with-permission.events.read',
  everything: 'token-with-every-permission',
  stale: 'token-of-an-old-sign-in',
} as const

/** Headers with the credentials of clients that the test listener accepts. */
export const clientCredentials = {
  plain: basicHeader('plain', 'secret-of-plain'),
  reader: basicHeader('reader', 'secret-of-reader'),
} as const

/** RFC 6749 §2.3.1. */
export function basicHeader(clientId: string, secret: string): string {
  const [id, password] = [clientId, secret].map(encodeURIComponent)
  return `Basic ${Buffer.from(`${id}:${password}`).toString('base64')}`
}

export interface TestListenerOptions {
  answer?: Answer
  limits?: Partial<WireLimits>
  config?: Partial<ListenerConfig>
  app?: Partial<App>
  countries?: ListenerOptions['countries']
  mountExtra?: ListenerOptions['mountExtra']
  /** What checking a token waits for. */
  beforeAuthentication?: () => Promise<unknown>
}

export interface TestListener {
  host: string
  port: number
  url: string
  grpc: string | undefined
  outcomes: CallOutcome[]
  logLines: string[]
  app: App
  close(graceMs?: number): Promise<void>
}

export async function startTestListener(options: TestListenerOptions = {}): Promise<TestListener> {
  const outcomes: CallOutcome[] = []
  const logLines: string[] = []
  const log = pino({ level: 'debug' }, { write: (line: string) => void logLines.push(line) })
  const answer = options.answer ?? (() => ({}))
  const app: App = {
    deps: { log } as Deps,
    methods: services.flatMap((service) => methodsOf(service, answer)),
    validate: createValidate(),
    admission: createAdmission({ callsMax: 1000, streamsMax: 1000 }),
    authenticate: async (_deps, ctx, credentials) => {
      await options.beforeAuthentication?.()
      return credentials.scheme === 'bearer'
        ? userOf(ctx, credentials.token)
        : clientOf(credentials)
    },
    observe: (outcome) => void outcomes.push(outcome),
    ...options.app,
  }
  const listener = await createListener({
    app,
    config: {
      issuer,
      httpAddress: { host: '127.0.0.1', port: 0 },
      trustedProxies: [],
      corsOrigins: [],
      reflection: true,
      ...options.config,
      limits: { ...defaultWireLimits, ...options.limits },
    },
    ready: async () => true,
    countries: options.countries,
    ...(options.mountExtra && { mountExtra: options.mountExtra }),
  })
  const { http, grpc } = await listener.listen()
  const scheme = options.config?.tls === undefined ? 'http' : 'https'
  return {
    host: '127.0.0.1',
    port: Number(http.split(':').at(-1)),
    url: `${scheme}://${http}`,
    grpc: grpc && `${scheme}://${grpc}`,
    outcomes,
    logLines,
    app,
    close: (graceMs = 2000) => listener.close(graceMs),
  }
}

function methodsOf(service: DescService, answer: Answer): Method[] {
  const handlers = service.methods.map((desc) => {
    const name = `${service.typeName}/${desc.name}`
    const handle = (_deps: Deps, ctx: RequestContext, input: unknown) => answer(name, ctx, input)
    return [
      desc.localName,
      desc.methodKind === 'unary'
        ? async (...call: Parameters<typeof handle>) => handle(...call)
        : handle,
    ]
  })
  return implement(service, Object.fromEntries(handlers) as Handlers<DescService>)
}

function userOf(ctx: RequestContext, token: string): UserCaller {
  const permissions: Record<string, string[]> = {
    [tokens.plain]: [],
    [tokens.stale]: [],
    [tokens.reader]: ['events.read'],
    [tokens.everything]: ['*'],
  }
  const granted = permissions[token]
  if (granted === undefined) throw new SignetError(ErrorReason.UNAUTHENTICATED)
  const ageMs = token === tokens.stale ? 3_600_000 : 0
  return {
    kind: 'user',
    userId: '018f0000-0000-7000-8000-000000000001' as UserId,
    sessionId: '018f0000-0000-7000-8000-000000000002' as SessionId,
    clientId: '018f0000-0000-7000-8000-000000000003' as ClientId,
    firstParty: true,
    scopes: [],
    permissions: new Set(granted),
    authTime: new Date(ctx.now.getTime() - ageMs),
    expiresAt: new Date(ctx.now.getTime() + 300_000),
    token: { jti: 'token', sub: '018f0000-0000-7000-8000-000000000001', client_id: 'app', rev: 0 },
  }
}

function clientOf({ clientId, clientSecret }: ClientCredentials): ClientCaller {
  const permissions: Record<string, string[]> = {
    plain: [],
    reader: [
      ...['events.read', 'revocations.read', 'tokens.mint', 'users.invite', 'users.write'],
      ...['clients.read', 'clients.write', 'providers.read', 'providers.write'],
      'identities.tokens',
    ],
  }
  const granted = permissions[clientId]
  if (granted === undefined || clientSecret !== `secret-of-${clientId}`)
    throw new SignetError(ErrorReason.UNAUTHENTICATED, { challenge: 'basic' })
  return {
    kind: 'client',
    clientId: clientId as ClientId,
    secretId: '018f0000-0000-7000-8000-000000000004',
    rev: 0,
    permissions: new Set(granted),
    subjectNamespace: undefined,
    resources: new Set([clientId]),
    tokens: noTokens,
  }
}
