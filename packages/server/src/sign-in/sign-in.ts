/**
 * Signs a person in with an identifier and a password, for tokens.
 *
 * 1. Find out who it is, and start the session with a grant in it (`password-sign-in.ts`).
 * 2. Issue the tokens of both.
 *
 * Errors: those of `password-sign-in.ts`.
 * Specs: RFC 9068 §2.2.
 */

import type { Deps } from '../deps.ts'
import { firstGeneration } from '../grants/issue-grant.ts'
import type { SessionId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import { apiAudience } from '../tokens/access-token.ts'
import { type IssuedTokens, issueTokens } from '../tokens/issue-tokens.ts'
import { type PasswordDeps, type PasswordSignIn, signInWithPassword } from './password-sign-in.ts'
import type { StartedSignIn } from './simultaneous-sign-ins.ts'

export type SignIn = Omit<PasswordSignIn, 'yields'>

/** Tokens for Signet's own API, the session that they speak of, and what the device presents at its next sign-in. */
export type SignedIn = IssuedTokens & { sessionId: SessionId; deviceSecret: string }

/** Signs the person in, and records whether it worked. */
export async function signIn(
  deps: PasswordDeps & Pick<Deps, 'signingKeys'>,
  ctx: RequestContext,
  input: SignIn,
): Promise<SignedIn> {
  const audience = [apiAudience(deps.config.issuer)]
  const yields = { kind: 'grant', audience } as const
  const started = await signInWithPassword(deps, ctx, { ...input, yields })
  return tokensOf(deps, ctx, started)
}

/** The tokens of a sign-in that yields a grant for Signet's own API. */
export function tokensOf(
  deps: Pick<Deps, 'config' | 'signingKeys'>,
  ctx: RequestContext,
  started: StartedSignIn,
): SignedIn {
  if (started.kind !== 'grant') throw new Error('a sign-in for tokens has no grant')
  const { session, deviceSecret } = started
  const { id: sessionId, userId, clientId } = session
  const audience = [apiAudience(deps.config.issuer)]
  const grant = { ...started.grant, userId, clientId }
  const of = { ...session, sessionId, grant, generation: firstGeneration, audience }
  return { ...issueTokens(deps, of, ctx.now), sessionId, deviceSecret }
}
