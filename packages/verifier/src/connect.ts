/**
 * Services of Connect (gRPC, gRPC-Web and Connect):
 *
 *     const verifier = createVerifier({ issuer, audience, client })
 *     connectNodeAdapter({ routes, interceptors: [protect(verifier, { scope: 'invoices.read' })] })
 *
 * In a method, `tokenOf(context)` is the token.
 */

import {
  Code,
  ConnectError,
  createContextKey,
  type HandlerContext,
  type Interceptor,
} from '@connectrpc/connect'
import { wwwAuthenticate } from './challenge.ts'
import { presentedToken } from './presented-token.ts'
import { VerificationError } from './refusal.ts'
import type { Requirements } from './requirements.ts'
import type { VerifiedToken } from './verified-token.ts'
import type { Verifier } from './verifier.ts'

const codes = {
  INVALID_ARGUMENT: Code.InvalidArgument,
  UNAUTHENTICATED: Code.Unauthenticated,
  PERMISSION_DENIED: Code.PermissionDenied,
  UNAVAILABLE: Code.Unavailable,
} as const

const tokenKey = createContextKey<VerifiedToken | undefined>(undefined)

/** Lets a call with a good token through and refuses every other. Throws TypeError for what no token could meet. */
export function protect(verifier: Verifier, requirements: Requirements = {}): Interceptor {
  verifier.assertMeetable(requirements)
  return (next) => async (request) => {
    try {
      const header = request.header.get('authorization')
      const authorization = header === null ? [] : [header]
      const text = presentedToken({ authorization, url: request.url })
      request.contextValues.set(tokenKey, await verifier.verify(text, requirements))
    } catch (error) {
      throw error instanceof VerificationError ? connectErrorOf(error) : error
    }
    return next(request)
  }
}

/** The token of a call that passed. Throws TypeError for one that no `protect` stands before. */
export function tokenOf({ values }: Pick<HandlerContext, 'values'>): VerifiedToken {
  const token = values.get(tokenKey)
  if (token === undefined) throw new TypeError('this method is not protected')
  return token
}

function connectErrorOf(error: VerificationError): ConnectError {
  const challenge = wwwAuthenticate(error)
  const { retryAfterSeconds } = error
  return new ConnectError(error.message, codes[error.rpcCode], {
    ...(challenge !== undefined && { 'www-authenticate': challenge }),
    ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
  })
}
