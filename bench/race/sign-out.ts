/** One session signed out of by all at once, with access and refresh tokens: one end, one position, one event. */

import { AuthService } from '@signet/contract'
import type { Random } from '../random.ts'
import { rowsOf } from '../server/own-postgres.ts'
import { broken, type Race, type Round } from './race.ts'
import { acceptedBy, outcomeOf, signIn, signUp, users, usersOf, type World } from './world.ts'

export const signOut: Race = {
  name: 'sign-out',
  about: 'one session: one end, one position for everyone who is told one, one event',
  rounds: 300,
  async prepare(world) {
    const person = await signUp(world)
    return async (random) => leave(world, random, await signIn(world, person))
  },
}

interface Session {
  sessionId: string
  accessToken: string
  refreshToken: string
}

async function leave(world: World, random: Random, session: Session): Promise<Round> {
  const { sessionId, accessToken, refreshToken } = session
  const retriedBefore = world.retried()
  const outcomes = await Promise.all(
    usersOf(world, random).map((wire) => {
      const input = { token: random.chance(0.5) ? accessToken : refreshToken }
      return outcomeOf(world.ask(wire, AuthService.method.signOut, { input }))
    }),
  )
  const told = outcomes.flatMap(({ answer }) => answer?.position ?? [])
  const positions = new Set(told.filter((position) => position !== 0n))
  const logged = await readEnd(world, sessionId)
  // Whose answer was lost is told 0 when asking again: then nobody need have heard the position.
  const heard = positions.size === 1 || (world.retried() > retriedBefore && positions.size === 0)
  const violations = broken({
    [`${users - told.length} were refused`]: told.length === users,
    [`${positions.size} different positions were answered`]: heard,
    'the session has not ended': logged.ended,
    [`the log has ${logged.positions.length} entries`]: logged.positions.length === 1,
    'another position was answered than the log has': [...positions].every(
      (position) => position === logged.positions[0],
    ),
    [`there are ${logged.events} events`]: logged.events === 1,
    'its access token is accepted': (await acceptedBy(world, accessToken)) === 0,
  })
  const ended = told.filter((position) => position !== 0n).length
  return {
    counts: { 'told the position': ended, 'told it had ended': told.length - ended },
    violations,
  }
}

async function readEnd(world: World, sessionId: string) {
  const text = `select s.ended_at is not null,
                       array(select l.position from revocation_log l where l.value = s.id::text),
                       (select count(*)::integer from events e
                         where e.kind = 'session.ended' and e.subject_id = s.user_id
                           and e.details ->> 'sessionId' = s.id::text)
                  from sessions s where s.id = $1`
  const [row] = await rowsOf(world.db, text, [sessionId])
  const [ended, positions, events] = row as [boolean, bigint[], number]
  return { ended, positions, events }
}
