/**
 * A small HTTP service behind the verifier; runs as a child. Both kinds remember verified tokens and answer the same; they
 * differ in how they know what was revoked: by the feed, or by asking Redis for the session of every request.
 */

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createClient } from '@redis/client'
import {
  createVerifier,
  VerificationError,
  type Verifier,
} from '../../packages/verifier/src/index.ts'
import type { Revocations } from '../../packages/verifier/src/revocations.ts'
import { answerParent } from '../child.ts'
import type { VerifierIssuer } from '../load/verifier-load.ts'

export interface ServiceQuestion {
  issuer: VerifierIssuer
  /** Where Redis is; without it, the feed. */
  redisUrl?: string
}

answerParent(async ({ issuer, redisUrl }: ServiceQuestion): Promise<string> => {
  const revocations = redisUrl === undefined ? undefined : await askRedis(redisUrl)
  const verifier = createVerifier({ ...issuer, ...(revocations && { revocations }) })
  await verifier.ready()
  return serve(verifier)
})

/** Revocations by one GET for each request; those of requests that wait at the same time share the connection. */
async function askRedis(url: string): Promise<() => Revocations> {
  const redis = createClient({ url })
  redis.on('error', () => {})
  await redis.connect()
  return () => ({
    async standing({ token }) {
      return (await redis.get(`revoked:${token.sessionId}`)) === null ? 'alive' : 'revoked'
    },
    latestNowMs: Date.now,
    begun: Promise.resolve(),
    state: () => ({ connected: true, reconnects: 0, ageSeconds: 0, entries: 0, bytes: 0 }),
    close() {},
  })
}

async function serve(verifier: Verifier): Promise<string> {
  const server = createServer(async (request, response) => {
    try {
      const { sub } = await verifier.verify(request.headers.authorization?.slice(7) ?? '')
      const body = JSON.stringify({ invoices: [], for: sub })
      const length = Buffer.byteLength(body)
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': length })
      response.end(body)
    } catch (error) {
      const reason = error instanceof VerificationError ? error.reason : String(error)
      response.writeHead(401, { 'content-length': Buffer.byteLength(reason) }).end(reason)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
