/** Answers AuthService: messages in, use-cases, messages out. */

import type { MessageInitShape } from '@bufbuild/protobuf'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import type {
  ChangePasswordRequest,
  ChangePasswordResponseSchema,
  GetPasswordPolicyRequest,
  GetPasswordPolicyResponseSchema,
  SignInRequest,
  SignInResponseSchema,
  SignUpRequest,
  SignUpResponseSchema,
  ValidateCredentialsRequest,
  ValidateCredentialsResponseSchema,
} from '@signet/contract'
import { passwordLengthMax } from '../authenticators/password-policy.ts'
import type { Deps } from '../deps.ts'
import { type RequestContext, userCaller } from '../request-context.ts'
import { deviceOf } from '../sessions/device.ts'
import { changePassword as changeOwnPassword } from './change-password.ts'
import { signIn as signInWithPassword } from './sign-in.ts'
import { signUp as openOwnAccount } from './sign-up.ts'

/** Opens an account. */
export async function signUp(
  deps: Deps,
  ctx: RequestContext,
  { email, password, displayName, locale }: SignUpRequest,
): Promise<MessageInitShape<typeof SignUpResponseSchema>> {
  await openOwnAccount(deps, ctx, { email, password, displayName, locale })
  return { accepted: true }
}

/** Signs in with a password. */
export async function signIn(
  deps: Deps,
  ctx: RequestContext,
  { identifier, password, device, deviceSecret }: SignInRequest,
): Promise<MessageInitShape<typeof SignInResponseSchema>> {
  const { deviceSecret: keptSecret, ...issued } = await signInWithPassword(deps, ctx, {
    identifier,
    deviceSecret,
    password,
    device: deviceOf(device),
  })
  const tokens = { ...issued, tokenType: 'Bearer' }
  return { result: { case: 'tokens', value: tokens }, deviceSecret: keptSecret }
}

/** What the presented token stands for; that it is accepted was decided before. */
export async function validateCredentials(
  _deps: Deps,
  ctx: RequestContext,
  _input: ValidateCredentialsRequest,
): Promise<MessageInitShape<typeof ValidateCredentialsResponseSchema>> {
  const caller = userCaller(ctx)
  return {
    subject: caller.userId,
    sessionId: caller.sessionId,
    clientId: caller.clientId,
    scopes: [...caller.scopes],
    authTime: timestampFromDate(caller.authTime),
    expiresAt: timestampFromDate(caller.expiresAt),
  }
}

/** What a password must look like. */
export async function getPasswordPolicy(
  deps: Deps,
  _ctx: RequestContext,
  _input: GetPasswordPolicyRequest,
): Promise<MessageInitShape<typeof GetPasswordPolicyResponseSchema>> {
  return {
    minLength: deps.config.passwordMinLength,
    maxLength: passwordLengthMax,
    refusesCommon: true,
  }
}

/** Changes the caller's password. */
export async function changePassword(
  deps: Deps,
  ctx: RequestContext,
  { currentPassword, newPassword }: ChangePasswordRequest,
): Promise<MessageInitShape<typeof ChangePasswordResponseSchema>> {
  await changeOwnPassword(deps, ctx, { currentPassword, newPassword })
  return {}
}
