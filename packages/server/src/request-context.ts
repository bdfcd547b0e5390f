/** What is known about one call: when it came, from where, by whom, and under which reference. */

import { ErrorReason } from '@signet/contract'
import type { Logger } from 'pino'
import type { ClientCredentials } from './authorization-header.ts'
import type { SigningAlgorithm } from './crypto/jws.ts'
import { SignetError } from './errors.ts'
import type { ClientId, SessionId, UserId } from './ids.ts'
import type { RevocableToken } from './revocation/entry-set.ts'

/**
 * Who calls: nobody known, a user through a client, a client for itself, or an operator at the command line, who has the database
 * and so may do everything. No call by a wire has an operator.
 */
export type Caller = { kind: 'anonymous' } | UserCaller | ClientCaller | { kind: 'operator' }

/** A user whose access token was accepted for this very call. */
export interface UserCaller {
  kind: 'user'
  userId: UserId
  sessionId: SessionId
  clientId: ClientId
  /** Whether the client is one of ours; another one does with an account only what its scopes name. */
  firstParty: boolean
  scopes: readonly string[]
  permissions: ReadonlySet<string>
  /** When the person last proved who they are. */
  authTime: Date
  /** When the access token expires. */
  expiresAt: Date
  /** The claims of the access token that the revocation log may name. */
  token: RevocableToken
}

/** A client that has proved who it is. */
export interface ClientCaller {
  kind: 'client'
  clientId: ClientId
  /** The secret that it proved it with; undefined where it signed. */
  secretId: string | undefined
  /** The position of the revocation log on which that proof rests. */
  rev: number
  permissions: ReadonlySet<string>
  /** The namespace of the subjects for whom it speaks; undefined for most. */
  subjectNamespace: string | undefined
  /** What it is as a resource server: tokens for one of these are its business. */
  resources: ReadonlySet<string>
  /** The tokens that it may get. */
  tokens: ClientTokens
}

/** What tokens a client may get, by its record. */
export interface ClientTokens {
  grantTypes: ReadonlySet<string>
  scopes: readonly string[]
  /** Whom they are for. */
  audiences: readonly string[]
  signingAlgorithm: SigningAlgorithm
  /** Of an access token, at the most; undefined: as the installation is configured. */
  accessTokenLifetimeSeconds: number | undefined
}

/** Made once per call; handlers and use-cases get it as their second argument. */
export interface RequestContext {
  /** The time of this call. Nothing below reads a clock, except windows and expiries that the database decides. */
  now: Date
  /** Finds the log line and the event of this call; the caller gets it too. */
  reference: string
  /** The caller's address, as the socket or a trusted proxy says. */
  ipAddress: string
  /** The country of that address, as ISO 3166-1 alpha-2; undefined where nobody knows. */
  readonly country?: string | undefined
  /** At most 400 characters of it. */
  userAgent: string
  caller: Caller
  /** What came as bearer token, unread: for methods that judge it themselves. UNAUTHENTICATED where it is malformed. */
  readonly bearerToken?: string | undefined
  /** What came as id and secret of a client, unread, likewise. */
  readonly clientCredentials?: ClientCredentials | undefined
  /** Under which a repeat of this call is not done again, where the method takes one. INVALID_ARGUMENT where it is malformed. */
  readonly idempotencyKey?: string | undefined
  /** Aborted when the caller goes away or the time limit is over. */
  signal: AbortSignal
  log: Logger
}

/** The user who calls. The access option has proved it; anything else is a bug in the route table. */
export function userCaller(ctx: RequestContext): UserCaller {
  if (ctx.caller.kind !== 'user')
    throw new SignetError(ErrorReason.INTERNAL, { detail: 'method without a user' })
  return ctx.caller
}

/** The client that calls for itself, likewise. */
export function clientCaller(ctx: Pick<RequestContext, 'caller'>): ClientCaller {
  if (ctx.caller.kind !== 'client')
    throw new SignetError(ErrorReason.INTERNAL, { detail: 'method without a client' })
  return ctx.caller
}
