/** Answers RefreshTokens and ConfirmRefresh of AuthService, and TokenService: messages in, use-cases, messages out. */

import type { MessageInitShape } from '@bufbuild/protobuf'
import type {
  ConfirmRefreshRequest,
  ConfirmRefreshResponseSchema,
  MintTokensRequest,
  MintTokensResponseSchema,
  RefreshTokensRequest,
  RefreshTokensResponseSchema,
} from '@signet/contract'
import { authenticateClient } from '../clients/authenticate-client.ts'
import type { Deps } from '../deps.ts'
import type { RequestContext } from '../request-context.ts'
import { mintTokens as mint } from './mint-tokens.ts'
import { confirmRefresh as confirm, refreshTokens as refresh } from './refresh-tokens.ts'

/**
 * New tokens for a refresh token. A client that has a secret authenticates with it; credentials that are wrong refuse the
 * call, whosever the token is. A bearer token is not looked at.
 */
export async function refreshTokens(
  deps: Deps,
  ctx: RequestContext,
  { refreshToken }: RefreshTokensRequest,
): Promise<MessageInitShape<typeof RefreshTokensResponseSchema>> {
  const credentials = ctx.clientCredentials
  const client = credentials && (await authenticateClient(deps, ctx, credentials))
  const issued = await refresh(deps, ctx, {
    refreshToken,
    ...(client && { authenticatedClientId: client.clientId }),
  })
  const { scopes: _, sessionId = '', ...tokens } = issued
  return { tokens: { ...tokens, sessionId, tokenType: 'Bearer' } }
}

/** Tokens for somebody whom the calling client has authenticated. */
export async function mintTokens(
  deps: Deps,
  ctx: RequestContext,
  input: MintTokensRequest,
): Promise<MessageInitShape<typeof MintTokensResponseSchema>> {
  const withRefreshToken = !input.withoutRefreshToken
  const {
    userId,
    sessionId = '',
    ...minted
  } = await mint(deps, ctx, {
    sub: input.sub,
    provider: input.provider,
    email: input.email || undefined,
    scopes: input.scopes.length === 0 ? undefined : input.scopes,
    claims: input.claims ?? {},
    lifetimeSeconds: input.lifetimeSeconds || undefined,
    withRefreshToken,
  })
  const refreshToken = withRefreshToken ? minted.refreshToken : ''
  return { ...minted, refreshToken, sessionId, userId, tokenType: 'Bearer' }
}

/** Notes that a refresh token is stored. */
export async function confirmRefresh(
  deps: Deps,
  _ctx: RequestContext,
  { refreshToken }: ConfirmRefreshRequest,
): Promise<MessageInitShape<typeof ConfirmRefreshResponseSchema>> {
  await confirm(deps, refreshToken)
  return {}
}
