/** Answers ConsentService, what a person has allowed apps to do, and what an app asks of FederationService. */

import type { MessageInitShape } from '@bufbuild/protobuf'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import {
  ErrorReason,
  type ExchangeCodeRequest,
  type ExchangeCodeResponseSchema,
  type GetAuthorizationUrlRequest,
  type GetAuthorizationUrlResponseSchema,
  type ListConsentsRequest,
  type ListConsentsResponseSchema,
  type WithdrawConsentRequest,
  type WithdrawConsentResponseSchema,
} from '@signet/contract'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { startAddress } from '../federation/provider-sign-in.ts'
import type { ClientId } from '../ids.ts'
import { type RequestContext, userCaller } from '../request-context.ts'
import { listAllowedApps, withdrawConsent as withdraw } from './consents.ts'
import { exchangeCode as exchangeForApp, sealAuthorization } from './provider-authorization.ts'

/** What the caller has allowed, the latest first. */
export async function listConsents(
  deps: Deps,
  ctx: RequestContext,
  _input: ListConsentsRequest,
): Promise<MessageInitShape<typeof ListConsentsResponseSchema>> {
  const { userId } = userCaller(ctx)
  const consents = await listAllowedApps(deps, userId)
  return {
    consents: consents.map(({ clientId, name, clientUri, scopes, createdAt, updatedAt }) => ({
      ...{ clientId, clientName: name, clientUri: clientUri ?? '', scopes },
      createdAt: timestampFromDate(createdAt),
      updatedAt: timestampFromDate(updatedAt),
    })),
  }
}

/** Takes back what the caller has allowed an app. */
export async function withdrawConsent(
  deps: Deps,
  ctx: RequestContext,
  { clientId }: WithdrawConsentRequest,
): Promise<MessageInitShape<typeof WithdrawConsentResponseSchema>> {
  const { userId } = userCaller(ctx)
  await withdraw(deps, ctx, { userId, clientId: clientId as ClientId })
  return {}
}

/** Where an app sends the browser of somebody who signs in with a provider. */
export async function getAuthorizationUrl(
  deps: Deps,
  ctx: RequestContext,
  { providerId, ...asked }: GetAuthorizationUrlRequest,
): Promise<MessageInitShape<typeof GetAuthorizationUrlResponseSchema>> {
  if ((await deps.identityProviders.find(providerId)) === undefined)
    throw new SignetError(ErrorReason.NOT_FOUND, { detail: 'no such provider, or it is disabled' })
  const request = await sealAuthorization(deps, ctx, asked)
  return { url: startAddress(deps.config.issuer, providerId, { request }) }
}

/** Tokens for the code that the browser came back with. */
export async function exchangeCode(
  deps: Deps,
  ctx: RequestContext,
  { clientId, code, codeVerifier }: ExchangeCodeRequest,
): Promise<MessageInitShape<typeof ExchangeCodeResponseSchema>> {
  const issued = await exchangeForApp(deps, ctx, { clientId, code, codeVerifier })
  return {
    accessToken: issued.access_token,
    tokenType: issued.token_type,
    expiresIn: issued.expires_in,
    refreshToken: issued.refresh_token ?? '',
    idToken: issued.id_token ?? '',
    scope: issued.scope,
  }
}
