/** Answers GuestService: messages in, use-cases, messages out. */

import type { MessageInitShape } from '@bufbuild/protobuf'
import type {
  SignUpAsGuestRequest,
  SignUpAsGuestResponseSchema,
  UpgradeGuestRequest,
  UpgradeGuestResponseSchema,
} from '@signet/contract'
import type { Deps } from '../deps.ts'
import type { RequestContext } from '../request-context.ts'
import { deviceOf } from '../sessions/device.ts'
import { openGuest } from './open-guest.ts'
import { upgradeGuest as giveGuestSignIn } from './upgrade-guest.ts'

/** Opens an account for a guest. */
export async function signUpAsGuest(
  deps: Deps,
  ctx: RequestContext,
  { locale, device }: SignUpAsGuestRequest,
): Promise<MessageInitShape<typeof SignUpAsGuestResponseSchema>> {
  const { deviceSecret: _, ...issued } = await openGuest(deps, ctx, {
    locale,
    device: deviceOf(device),
  })
  return { tokens: { ...issued, tokenType: 'Bearer' } }
}

/** Gives a guest something to sign in with. */
export async function upgradeGuest(
  deps: Deps,
  ctx: RequestContext,
  { email, password }: UpgradeGuestRequest,
): Promise<MessageInitShape<typeof UpgradeGuestResponseSchema>> {
  return giveGuestSignIn(deps, ctx, { email, password })
}
