/** Answers PhoneService: messages in, use-cases, messages out. */

import type { MessageInitShape } from '@bufbuild/protobuf'
import type {
  AddPhoneRequest,
  AddPhoneResponseSchema,
  RemovePhoneRequest,
  RemovePhoneResponseSchema,
  RequestPhoneSignInRequest,
  RequestPhoneSignInResponseSchema,
  SignInByPhoneRequest,
  SignInByPhoneResponseSchema,
  VerifyPhoneRequest,
  VerifyPhoneResponseSchema,
} from '@signet/contract'
import type { Deps } from '../deps.ts'
import type { RequestContext } from '../request-context.ts'
import { deviceOf } from '../sessions/device.ts'
import { tokensOf } from '../sign-in/sign-in.ts'
import { apiAudience } from '../tokens/access-token.ts'
import { requestPhone, verifyPhone as verifyOwnPhone } from './add-phone.ts'
import { removePhone as removeOwnPhone } from './remove-phone.ts'
import {
  requestPhoneSignIn as requestSignIn,
  signInByPhone as signInByCode,
} from './sign-in-by-phone.ts'

/** Sends a code to a number. */
export async function addPhone(
  deps: Deps,
  ctx: RequestContext,
  { phone }: AddPhoneRequest,
): Promise<MessageInitShape<typeof AddPhoneResponseSchema>> {
  const { id } = await requestPhone(deps, ctx, { phone })
  return { codeId: id }
}

/** The number is proved. */
export async function verifyPhone(
  deps: Deps,
  ctx: RequestContext,
  { codeId, code }: VerifyPhoneRequest,
): Promise<MessageInitShape<typeof VerifyPhoneResponseSchema>> {
  return verifyOwnPhone(deps, ctx, { id: codeId, code })
}

/** The number goes. */
export async function removePhone(
  deps: Deps,
  ctx: RequestContext,
  { phone }: RemovePhoneRequest,
): Promise<MessageInitShape<typeof RemovePhoneResponseSchema>> {
  await removeOwnPhone(deps, ctx, { phone })
  return {}
}

/** Sends a code to sign in with, if anybody has the number. */
export async function requestPhoneSignIn(
  deps: Deps,
  ctx: RequestContext,
  { phone }: RequestPhoneSignInRequest,
): Promise<MessageInitShape<typeof RequestPhoneSignInResponseSchema>> {
  const { id } = await requestSignIn(deps, ctx, { phone })
  return { codeId: id }
}

/** Signs in with it. */
export async function signInByPhone(
  deps: Deps,
  ctx: RequestContext,
  { codeId, phone, code, device, deviceSecret }: SignInByPhoneRequest,
): Promise<MessageInitShape<typeof SignInByPhoneResponseSchema>> {
  const started = await signInByCode(deps, ctx, {
    id: codeId,
    phone,
    code,
    deviceSecret,
    device: deviceOf(device),
    yields: { kind: 'grant', audience: [apiAudience(deps.config.issuer)] },
  })
  const { deviceSecret: keptSecret, ...issued } = tokensOf(deps, ctx, started)
  return { tokens: { ...issued, tokenType: 'Bearer' }, deviceSecret: keptSecret }
}
