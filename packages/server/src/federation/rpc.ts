/** Answers FederationService, but for what an app exchanges (`oauth/rpc.ts`): messages in, use-cases, messages out. */

import type { MessageInitShape } from '@bufbuild/protobuf'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import {
  type ConfirmIdentityRequest,
  type ConfirmIdentityResponseSchema,
  ErrorReason,
  type GetUpstreamTokenRequest,
  type GetUpstreamTokenResponseSchema,
  type LinkIdentityRequest,
  type LinkIdentityResponseSchema,
  type ListIdentitiesRequest,
  type ListIdentitiesResponseSchema,
  type ListSignInProvidersRequest,
  type ListSignInProvidersResponseSchema,
  type UnlinkIdentityRequest,
  type UnlinkIdentityResponseSchema,
} from '@signet/contract'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import type { UserId } from '../ids.ts'
import { type RequestContext, userCaller } from '../request-context.ts'
import { listIdentities as listIdentityRows } from './identities.sql.ts'
import { releaseUpstreamToken } from './kept-tokens.ts'
import { confirmLink, requestLink, unlinkIdentity as unlink } from './linking.ts'
import { startAddress } from './provider-sign-in.ts'

/** What there are buttons for. */
export async function listSignInProviders(
  deps: Deps,
  _ctx: RequestContext,
  _input: ListSignInProvidersRequest,
): Promise<MessageInitShape<typeof ListSignInProvidersResponseSchema>> {
  const providers = await deps.identityProviders.list()
  return { providers: providers.map(({ id, kind, name }) => ({ id, kind, name })) }
}

/** What the caller's account is linked to. */
export async function listIdentities(
  deps: Deps,
  ctx: RequestContext,
  _input: ListIdentitiesRequest,
): Promise<MessageInitShape<typeof ListIdentitiesResponseSchema>> {
  const { userId } = userCaller(ctx)
  const identities = await listIdentityRows(deps.db, { userId })
  return {
    identities: identities.map(({ id, provider, email, name, createdAt, lastUsedAt }) => ({
      ...{ id, providerId: provider, email: email ?? '', name },
      createdAt: timestampFromDate(createdAt),
      lastUsedAt: timestampFromDate(lastUsedAt),
    })),
  }
}

/** Where an app sends the browser of somebody who wants another way in. */
export async function linkIdentity(
  deps: Deps,
  ctx: RequestContext,
  { providerId, redirectUri, state, codeChallenge }: LinkIdentityRequest,
): Promise<MessageInitShape<typeof LinkIdentityResponseSchema>> {
  if ((await deps.identityProviders.find(providerId)) === undefined)
    throw new SignetError(ErrorReason.NOT_FOUND, { detail: 'no such provider, or it is disabled' })
  const link = await requestLink(deps, ctx, { redirectUri, state, codeChallenge })
  return { url: startAddress(deps.config.issuer, providerId, { link }) }
}

/** Links what the browser came back with. */
export async function confirmIdentity(
  deps: Deps,
  ctx: RequestContext,
  { code, codeVerifier }: ConfirmIdentityRequest,
): Promise<MessageInitShape<typeof ConfirmIdentityResponseSchema>> {
  await confirmLink(deps, ctx, { code, codeVerifier })
  return {}
}

/** Takes a way in away. */
export async function unlinkIdentity(
  deps: Deps,
  ctx: RequestContext,
  { identityId }: UnlinkIdentityRequest,
): Promise<MessageInitShape<typeof UnlinkIdentityResponseSchema>> {
  await unlink(deps, ctx, { identityId })
  return {}
}

/** A token of a provider's own. */
export async function getUpstreamToken(
  deps: Deps,
  ctx: RequestContext,
  { userId, providerId }: GetUpstreamTokenRequest,
): Promise<MessageInitShape<typeof GetUpstreamTokenResponseSchema>> {
  const of = { userId: userId as UserId, provider: providerId }
  const { accessToken, expiresAt, scopes } = await releaseUpstreamToken(deps, ctx, of)
  return {
    accessToken: accessToken.reveal(),
    ...(expiresAt !== undefined && { expiresAt: timestampFromDate(expiresAt) }),
    scopes: [...scopes],
  }
}
