/** One password changed by all at once, each to another one: one wins, everyone else is told that the old one was wrong. */

import { AuthService } from '@signet/contract'
import type { Random } from '../random.ts'
import { rowsOf } from '../server/own-postgres.ts'
import { broken, type Race, type Round } from './race.ts'
import {
  acceptedBy,
  outcomeOf,
  type Person,
  signIn,
  signUp,
  users,
  usersOf,
  type World,
} from './world.ts'

export const changePassword: Race = {
  name: 'change-password',
  about: 'one password: one change wins, other sessions end, the caller stays signed in',
  rounds: 50,
  async prepare(world) {
    return async (random) => change(world, random, await signUp(world))
  },
}

async function change(world: World, random: Random, person: Person): Promise<Round> {
  const { accessToken } = await signIn(world, person)
  const elsewhere = await signIn(world, person)
  const retriedBefore = world.retried()
  const changes = usersOf(world, random).map(async (wire, i) => {
    const newPassword = `another sentence, number ${i}`
    const input = { currentPassword: person.password, newPassword }
    const { reason } = await outcomeOf(
      world.ask(wire, AuthService.method.changePassword, { input, accessToken }),
    )
    return { newPassword, reason }
  })
  const outcomes = await Promise.all(changes)
  const winners = outcomes.filter(({ reason }) => reason === undefined)
  const others = outcomes.filter(({ reason }) => reason === 'INVALID_CREDENTIALS')
  // Whose answer was lost hears that the old password is wrong when asking again: it was changed by the first attempt.
  const one = winners.length === 1 || (world.retried() > retriedBefore && winners.length === 0)
  const [winner] = winners
  const opens =
    winner === undefined ||
    (await outcomeOf(signIn(world, { ...person, password: winner.newPassword }))).reason ===
      undefined
  const violations = broken({
    [`${winners.length} changes won`]: one,
    'somebody was answered something else': winners.length + others.length === users,
    'the password that won does not open the account': opens,
    'the old password still opens the account':
      (await outcomeOf(signIn(world, person))).reason === 'INVALID_CREDENTIALS',
    'the session of the caller has ended': (await acceptedBy(world, accessToken)) === 2,
    'another session goes on': (await acceptedBy(world, elsewhere.accessToken)) === 0,
    'there is not exactly one event': (await countChanges(world, elsewhere.sessionId)) === 1,
  })
  return { counts: { won: winners.length, 'told it was wrong': others.length }, violations }
}

async function countChanges(world: World, sessionId: string): Promise<unknown> {
  const text = `select count(*)::integer from events e join sessions s on s.user_id = e.subject_id
                 where s.id = $1 and e.kind = 'password.set'`
  return (await rowsOf(world.db, text, [sessionId]))[0]?.[0]
}
