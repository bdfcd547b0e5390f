/**
 * Refreshes of one token, and a sign-out somewhere among them: whatever was issued, before or after, is refused by both
 * instances at the next call after the acknowledgement.
 */

import { AuthService, SignOutScope } from '@signet/contract'
import type { Random } from '../random.ts'
import { broken, type Race, type Round } from './race.ts'
import {
  acceptedBy,
  ageGrant,
  outcomeOf,
  signIn,
  signUp,
  users,
  usersOf,
  type World,
} from './world.ts'

const longAgoSeconds = 40

export const refreshAndSignOut: Race = {
  name: 'refresh-and-sign-out',
  about: 'refreshes that meet a sign-out: nothing that was issued survives it',
  rounds: 200,
  async prepare(world) {
    const person = await signUp(world)
    return async (random) => meet(world, random, await signIn(world, person))
  },
}

interface Session {
  accessToken: string
  refreshToken: string
}

async function meet(world: World, random: Random, session: Session): Promise<Round> {
  const { accessToken, refreshToken } = session
  await ageGrant(world, refreshToken, longAgoSeconds)
  const issued = [accessToken]
  const survivors = new Set<string>()
  const leavesAt = random.below(users)
  const scope = random.chance(0.5) ? SignOutScope.THIS_SESSION : SignOutScope.EVERYWHERE
  let acknowledged = 0

  async function refresh(wire: World['wires'][number]): Promise<string | undefined> {
    const call = { input: { refreshToken } }
    const outcome = await outcomeOf(world.ask(wire, AuthService.method.refreshTokens, call))
    if (outcome.answer?.tokens !== undefined) issued.push(outcome.answer.tokens.accessToken)
    return outcome.reason
  }

  async function leave(wire: World['wires'][number]): Promise<string | undefined> {
    const call = { input: { token: refreshToken, scope } }
    const { answer, reason } = await outcomeOf(world.ask(wire, AuthService.method.signOut, call))
    if (answer !== undefined) acknowledged += 1
    for (const token of [...issued]) if ((await acceptedBy(world, token)) > 0) survivors.add(token)
    return reason
  }

  const wires = usersOf(world, random)
  const reasons = await Promise.all(
    wires.map((wire, i) => (i === leavesAt ? leave(wire) : refresh(wire))),
  )
  const before = await Promise.all(issued.map((token) => acceptedBy(world, token)))
  issued.forEach((token, i) => {
    if ((before[i] ?? 0) > 0) survivors.add(token)
  })
  const again = await refresh(wires[0] as World['wires'][number])
  const refused = reasons.filter((reason) => reason === 'INVALID_GRANT').length
  const violations = broken({
    'the sign-out was not acknowledged': acknowledged === 1,
    [`${survivors.size} access tokens survived`]: survivors.size === 0,
    'the refresh token is still good': again === 'INVALID_GRANT',
    'somebody was answered something else': reasons.every(
      (reason) => reason === undefined || reason === 'INVALID_GRANT',
    ),
  })
  return {
    counts: {
      'refreshed in time': users - 1 - refused,
      'came too late': refused,
      survived: survivors.size,
    },
    violations,
  }
}
