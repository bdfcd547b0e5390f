/** Answers RefreshTokens and ConfirmRefresh of AuthService: messages in, use-cases, messages out. */

import type { MessageInitShape } from '@bufbuild/protobuf'
import type {
  ConfirmRefreshRequest,
  ConfirmRefreshResponseSchema,
  RefreshTokensRequest,
  RefreshTokensResponseSchema,
} from '@signet/contract'
import type { Deps } from '../deps.ts'
import type { RequestContext } from '../request-context.ts'
import { confirmRefresh as confirm, refreshTokens as refresh } from './refresh-tokens.ts'

/** New tokens for a refresh token. */
export async function refreshTokens(
  deps: Deps,
  ctx: RequestContext,
  { refreshToken }: RefreshTokensRequest,
): Promise<MessageInitShape<typeof RefreshTokensResponseSchema>> {
  const { sessionId = '', ...issued } = await refresh(deps, ctx, { refreshToken })
  return { tokens: { ...issued, sessionId, tokenType: 'Bearer' } }
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
