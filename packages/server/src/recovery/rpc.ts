/** Answers RecoveryService: messages in, use-cases, messages out. */

import type { MessageInitShape } from '@bufbuild/protobuf'
import type {
  MailedProof as MailedProofMessage,
  RequestEmailSignInRequest,
  RequestEmailSignInResponseSchema,
  RequestEmailVerificationRequest,
  RequestEmailVerificationResponseSchema,
  RequestPasswordResetRequest,
  RequestPasswordResetResponseSchema,
  ResetPasswordRequest,
  ResetPasswordResponseSchema,
  SignInByEmailRequest,
  SignInByEmailResponseSchema,
  VerifyEmailRequest,
  VerifyEmailResponseSchema,
} from '@signet/contract'
import type { Deps } from '../deps.ts'
import type { RequestContext } from '../request-context.ts'
import { deviceOf } from '../sessions/device.ts'
import { tokensOf } from '../sign-in/sign-in.ts'
import { apiAudience } from '../tokens/access-token.ts'
import {
  requestEmailSignIn as askToSignIn,
  signInByEmail as enterByEmail,
} from './email-sign-in.ts'
import type { MailedProof } from './mailed-links.ts'
import { requestMail } from './request-mail.ts'
import { resetPassword as resetForgottenPassword } from './reset-password.ts'
import { verifyEmail as verifyMailedAddress } from './verify-email.ts'

/** Asks for a link for a new password. */
export async function requestPasswordReset(
  deps: Deps,
  ctx: RequestContext,
  { email }: RequestPasswordResetRequest,
): Promise<MessageInitShape<typeof RequestPasswordResetResponseSchema>> {
  await requestMail(deps, ctx, { about: 'password_reset', email })
  return { accepted: true }
}

/** Sets a new password. */
export async function resetPassword(
  deps: Deps,
  ctx: RequestContext,
  { proof, newPassword }: ResetPasswordRequest,
): Promise<MessageInitShape<typeof ResetPasswordResponseSchema>> {
  await resetForgottenPassword(deps, ctx, { proof: proofOf(proof), newPassword })
  return {}
}

/** Asks for the proof of an address once more. */
export async function requestEmailVerification(
  deps: Deps,
  ctx: RequestContext,
  { email }: RequestEmailVerificationRequest,
): Promise<MessageInitShape<typeof RequestEmailVerificationResponseSchema>> {
  await requestMail(deps, ctx, { about: 'email_verification', email })
  return { accepted: true }
}

/** Proves an address. */
export async function verifyEmail(
  deps: Deps,
  ctx: RequestContext,
  { proof }: VerifyEmailRequest,
): Promise<MessageInitShape<typeof VerifyEmailResponseSchema>> {
  return verifyMailedAddress(deps, ctx, { proof: proofOf(proof) })
}

/** Asks for a mail to sign in with. */
export async function requestEmailSignIn(
  deps: Deps,
  ctx: RequestContext,
  { email }: RequestEmailSignInRequest,
): Promise<MessageInitShape<typeof RequestEmailSignInResponseSchema>> {
  const { requestToken } = await askToSignIn(deps, ctx, { email })
  return { requestToken }
}

/** Signs in with that mail. */
export async function signInByEmail(
  deps: Deps,
  ctx: RequestContext,
  { requestToken, token, code, device, deviceSecret }: SignInByEmailRequest,
): Promise<MessageInitShape<typeof SignInByEmailResponseSchema>> {
  const started = await enterByEmail(deps, ctx, {
    requestToken,
    token,
    code,
    device: deviceOf(device),
    deviceSecret,
    yields: { kind: 'grant', audience: [apiAudience(deps.config.issuer)] },
  })
  const { deviceSecret: kept, ...issued } = tokensOf(deps, ctx, started)
  return {
    result: { case: 'tokens', value: { ...issued, tokenType: 'Bearer' } },
    deviceSecret: kept,
  }
}

function proofOf(proof: MailedProofMessage | undefined): MailedProof {
  return { token: proof?.token ?? '', email: proof?.email ?? '', code: proof?.code ?? '' }
}
