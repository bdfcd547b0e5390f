/** What a test asks about grants, and the events that speak of them. */

import type { UserId } from '../ids.ts'
import { parseRefreshToken } from '../tokens/refresh-token.ts'
import { rowsOf, type TestDeps } from './deps.ts'

type WithDb = Pick<TestDeps['deps'], 'db'>

/** The generation that a refresh token names. */
export function generationOf(refreshToken: string): number | undefined {
  return parseRefreshToken(refreshToken)?.generation
}

/** The row behind a refresh token, as far as refreshing changes it. */
export async function grantRow(deps: WithDb, refreshToken: string) {
  const text = `select generation, confirmed_generation, ended_at is not null, end_reason from grants where id = $1`
  const rows = await rowsOf(deps, text, [parseRefreshToken(refreshToken)?.grantId])
  const [generation, confirmedGeneration, ended, endReason] = rows[0] ?? []
  return { generation, confirmedGeneration, ended, endReason }
}

/** All that is stored of all grants, to see that nothing changes. */
export async function everyGrant(deps: WithDb): Promise<unknown[][]> {
  return rowsOf(deps, 'select g.xmin::text, g.* from grants g order by id')
}

/** Kinds of the events about a user's refresh tokens, in order. */
export async function refreshEvents(deps: WithDb, userId: UserId): Promise<unknown[]> {
  const text = `select kind from events where kind like 'refresh_token.%' and subject_id = $1 order by arrival`
  return (await rowsOf(deps, text, [userId])).flat()
}

/** Scopes, values and reasons of the revocation log, in order. */
export async function loggedRevocations(deps: WithDb): Promise<unknown[][]> {
  return rowsOf(deps, 'select scope, value, reason from revocation_log order by position')
}
