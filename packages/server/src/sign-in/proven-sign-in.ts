/**
 * Signs in who was proved by something that cannot be guessed: a link from their mailbox, or the word of a provider. Nothing is
 * counted: whoever has that has guessed nothing, and strangers who guess at the password keep nobody out.
 */

import { ErrorReason } from '@signet/contract'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import type { UserId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import type { Device } from '../sessions/device.ts'
import type { Assurance } from '../sessions/start-session.ts'
import { hashDeviceSecret } from '../throttling/device-secret.ts'
import { findKnownDevice } from './proven-sign-in.sql.ts'
import type { StartedSignIn, Yield } from './simultaneous-sign-ins.ts'

export interface Proven {
  userId: UserId
  amr: string[]
  acr: Assurance
  /** The position of the revocation log on which it rests. */
  rev: bigint
  device: Device | undefined
  /** What the device was given at an earlier sign-in; empty where it has none. */
  deviceSecret: string
  yields: Yield
}

/** Starts the session. Throws UNAVAILABLE where user or client has ended at this very moment: asked again, it is said why. */
export async function startProven(
  deps: Pick<Deps, 'db' | 'signIns'>,
  ctx: RequestContext,
  { userId, amr, acr, rev, device, deviceSecret, yields }: Proven,
): Promise<StartedSignIn> {
  const secretHash = hashDeviceSecret(deviceSecret)
  const known =
    deviceSecret === '' ? undefined : await findKnownDevice(deps.db, { secretHash, userId })
  const started = await deps.signIns.start({
    ctx,
    state: { deviceUserId: known?.userId ?? null },
    userId,
    deviceSecret,
    session: { device, amr, acr, rev },
    yields,
  })
  if (started !== 'revoked' && !('retryAfter' in started)) return started
  const detail = 'what the sign-in rests on has ended meanwhile'
  throw new SignetError(ErrorReason.UNAVAILABLE, { retryAfterSeconds: 1, detail })
}
