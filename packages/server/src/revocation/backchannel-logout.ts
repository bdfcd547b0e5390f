/**
 * Tells a client that a session has ended: one POST of a logout token to the address in its record.
 *
 * 1. The client as it is: where it hears of sign-outs by now. One that was disabled or does not hear of them any more is not told.
 * 2. A logout token of its own for each attempt, signed with the client's algorithm, good for two minutes.
 * 3. Any 2xx means that it has signed the person out. 400 means that it does not take this one, and never will: the job
 *    is kept as failed, for somebody to look at. Everything else may pass, and is tried again; no redirect is followed.
 *
 * It may be told twice of the same end, where its answer is lost: that is nothing to a client whose session is gone.
 *
 * Specs: OpenID Connect Back-Channel Logout 1.0 §2.4 to §2.8, RFC 8725 §3.11 (`typ`).
 */

import { randomUUID } from 'node:crypto'
import type { SigningAlgorithm } from '../crypto/jws.ts'
import type { Deps } from '../deps.ts'
import type { GuardedFetch } from '../outbound/guarded-fetch.ts'
import { type Job, JobRefused } from '../queue/job.ts'
import type { JobPayloads } from '../queue/job-kinds.ts'
import { signJwt } from '../tokens/jwt.ts'
import type { SigningKeys } from '../tokens/signing-keys.ts'
import {
  findBackchannelClient,
  noteBackchannelDelivered,
  noteBackchannelFailed,
} from './backchannel-logout.sql.ts'

type LogoutDeps = Pick<Deps, 'config' | 'db' | 'signingKeys'> & { fetch: GuardedFetch }

const logoutTokenTyp = 'logout+jwt'
const logoutEvent = 'http://schemas.openid.net/event/backchannel-logout'
const tokenLifetimeSeconds = 120
const timeoutMs = 5_000

/** Tells the client, or throws: JobRefused where trying again is of no use. */
export async function tellClient(
  { config, db, signingKeys, fetch }: LogoutDeps,
  { payload, signal }: Pick<Job<'backchannel_logout'>, 'payload' | 'signal'>,
): Promise<void> {
  const { sessionId, clientId } = payload
  const client = await findBackchannelClient(db, { id: clientId })
  if (client === undefined) return
  const issuer = { issuer: config.issuer, signingKeys, algorithm: client.signingAlgorithm }
  const token = makeLogoutToken(issuer, payload, new Date())
  const { status } = await fetch(client.uri, {
    method: 'POST',
    contentType: 'application/x-www-form-urlencoded',
    body: new URLSearchParams({ logout_token: token }).toString(),
    bytesMax: 0,
    timeoutMs,
    signal,
  })
  if (status >= 200 && status < 300) {
    await noteBackchannelDelivered(db, { sessionId, clientId })
    return
  }
  if (status !== 400) throw new Error(`${clientId} answered a logout token with ${status}`)
  await noteBackchannelFailed(db, { sessionId, clientId })
  throw new JobRefused(`${clientId} refuses a logout token (400)`)
}

interface LogoutTokenIssuer {
  issuer: string
  signingKeys: Pick<SigningKeys, 'active'>
  algorithm: SigningAlgorithm
}

function makeLogoutToken(
  { issuer, signingKeys, algorithm }: LogoutTokenIssuer,
  { sessionId, clientId, userId }: JobPayloads['backchannel_logout'],
  now: Date,
): string {
  const iat = Math.floor(now.getTime() / 1000)
  return signJwt(signingKeys.active(algorithm), logoutTokenTyp, {
    iss: issuer,
    sub: userId,
    aud: clientId,
    iat,
    exp: iat + tokenLifetimeSeconds,
    jti: randomUUID(),
    sid: sessionId,
    events: { [logoutEvent]: {} },
  })
}
