/**
 * Services of grpc-js:
 *
 *     const verifier = createVerifier({ issuer, audience, client })
 *     const server = new Server({ interceptors: [protect(verifier, { scope: 'invoices.read' })] })
 *
 * In a method, `tokenOf(call)` is the token.
 */

import {
  Metadata,
  ResponderBuilder,
  ServerInterceptingCall,
  type ServerInterceptor,
  ServerListenerBuilder,
  status,
} from '@grpc/grpc-js'
import { wwwAuthenticate } from './challenge.ts'
import { presentedToken } from './presented-token.ts'
import { VerificationError } from './refusal.ts'
import type { Requirements } from './requirements.ts'
import type { VerifiedToken } from './verified-token.ts'
import type { Verifier } from './verifier.ts'

/** The metadata that the interceptor hands on is the one that a method sees. */
const tokens = new WeakMap<Metadata, VerifiedToken>()

/** Lets a call with a good token through and refuses every other. Throws TypeError for what no token could meet. */
export function protect(verifier: Verifier, requirements: Requirements = {}): ServerInterceptor {
  verifier.assertMeetable(requirements)
  return (_method, call) => {
    let refused = false
    const listener = new ServerListenerBuilder()
      .withOnReceiveMetadata((metadata, next) => {
        const authorization = metadata.get('authorization').map(String)
        void verify(verifier, { authorization, requirements }).then((outcome) => {
          if (outcome instanceof Error) {
            refused = true
            call.sendStatus(statusOf(outcome))
            return
          }
          tokens.set(metadata, outcome)
          next(metadata)
        })
      })
      .withOnReceiveMessage((message, next) => {
        if (!refused) next(message)
      })
      .withOnReceiveHalfClose((next) => {
        if (!refused) next()
      })
      .build()
    const responder = new ResponderBuilder().withStart((next) => next(listener)).build()
    return new ServerInterceptingCall(call, responder)
  }
}

/** The token of a call that passed. Throws TypeError for one that no `protect` stands before. */
export function tokenOf({ metadata }: { metadata: Metadata }): VerifiedToken {
  const token = tokens.get(metadata)
  if (token === undefined) throw new TypeError('this method is not protected')
  return token
}

async function verify(
  verifier: Verifier,
  { authorization, requirements }: { authorization: string[]; requirements: Requirements },
): Promise<VerifiedToken | Error> {
  try {
    return await verifier.verify(presentedToken({ authorization, url: '' }), requirements)
  } catch (error) {
    return error as Error
  }
}

function statusOf(error: Error) {
  const metadata = new Metadata()
  if (!(error instanceof VerificationError)) {
    return { code: status.INTERNAL, details: 'The token could not be checked.', metadata }
  }
  const challenge = wwwAuthenticate(error)
  if (challenge !== undefined) metadata.set('www-authenticate', challenge)
  if (error.retryAfterSeconds !== undefined) {
    metadata.set('retry-after', String(error.retryAfterSeconds))
  }
  return { code: status[error.rpcCode], details: error.message, metadata }
}
