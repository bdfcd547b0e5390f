/** One refresh token presented by all at once: one advance, everyone else gets the same successor, nobody is refused. */

import { AuthService } from '@signet/contract'
import type { Random } from '../random.ts'
import { rowsOf } from '../server/own-postgres.ts'
import { broken, type Race, type Round } from './race.ts'
import {
  acceptedBy,
  ageGrant,
  generationOf,
  grantIdOf,
  outcomeOf,
  signIn,
  signUp,
  users,
  usersOf,
  type World,
} from './world.ts'

/** Longer than the window, which is 30 seconds by default. */
const longAgoSeconds = 40

export const refresh: Race = {
  name: 'refresh',
  about: 'one refresh token: one advance, the same successor for everyone',
  rounds: 1000,
  async prepare(world) {
    let { refreshToken } = await signIn(world, await signUp(world))
    return async (random) => {
      await ageGrant(world, refreshToken, longAgoSeconds)
      const { round, successor } = await present(world, random, refreshToken)
      refreshToken = successor ?? refreshToken
      return round
    }
  },
}

async function present(
  world: World,
  random: Random,
  refreshToken: string,
): Promise<{ round: Round; successor: string | undefined }> {
  const before = await readGrant(world, refreshToken)
  const outcomes = await Promise.all(
    usersOf(world, random).map((wire) =>
      outcomeOf(world.ask(wire, AuthService.method.refreshTokens, { input: { refreshToken } })),
    ),
  )
  const after = await readGrant(world, refreshToken)
  const answered = outcomes.flatMap(({ answer }) => answer?.tokens ?? [])
  const successors = new Set(answered.map((tokens) => tokens.refreshToken))
  const [successor] = successors
  const sampled = answered[random.below(answered.length)]?.accessToken ?? ''
  const advanced = after.generation - before.generation
  const violations = broken({
    [`${users - answered.length} were refused`]: answered.length === users,
    [`${successors.size} different successors were answered`]: successors.size === 1,
    [`the generation rose by ${advanced}`]: advanced === 1,
    'the successor is not the generation of the row':
      generationOf(successor ?? '') === after.generation,
    'the grant has ended': !after.ended,
    'an access token of the answer is refused': (await acceptedBy(world, sampled)) === 2,
  })
  const counts = {
    advanced,
    'same successor': answered.length - 1,
    refused: users - answered.length,
  }
  return { round: { counts, violations }, successor }
}

async function readGrant(
  world: World,
  refreshToken: string,
): Promise<{ generation: number; ended: boolean }> {
  const text = 'select generation, ended_at is not null from grants where id = $1'
  const [row] = await rowsOf(world.db, text, [grantIdOf(refreshToken)])
  const [generation, ended] = row as [number, boolean]
  return { generation, ended }
}
