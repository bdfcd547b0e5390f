/** One address signed up by all at once, in several spellings: everyone hears the same, three accounts claim it. */

import { randomUUID } from 'node:crypto'
import { AuthService } from '@signet/contract'
import type { Random } from '../random.ts'
import { rowsOf } from '../server/own-postgres.ts'
import { broken, type Race, type Round } from './race.ts'
import { outcomeOf, signIn, users, usersOf, type World } from './world.ts'

/** Claims that an address has room for while nobody has proved that it is theirs (docs/decisions/0001). */
const claimsMax = 3

export const signUp: Race = {
  name: 'sign-up',
  about: 'one address nobody has proved: the same answer for everyone, three accounts',
  rounds: 50,
  async prepare(world) {
    return (random) => claim(world, random)
  },
}

async function claim(world: World, random: Random): Promise<Round> {
  const address = `${randomUUID()}@example.com`
  const spellings = [address, address.toUpperCase(), address.replace('e', 'ｅ')]
  const password = `a sentence of nobody ${randomUUID()}`
  const outcomes = await Promise.all(
    usersOf(world, random).map((wire) => {
      const email = spellings[random.below(spellings.length)] ?? address
      const input = { email, password }
      return outcomeOf(world.ask(wire, AuthService.method.signUp, { input }))
    }),
  )
  const accepted = outcomes.filter(({ answer }) => answer?.accepted).length
  const [accounts, events] = await readClaims(world, address)
  const opens = await outcomeOf(signIn(world, { email: address, password }))
  const violations = broken({
    [`${users - accepted} were answered something else`]: accepted === users,
    [`${accounts} accounts claim the address`]: accounts === claimsMax,
    [`there are ${events} events of an opened account`]: events === claimsMax,
    'the password does not open an account': opens.reason === undefined,
  })
  return { counts: { accepted, accounts }, violations }
}

async function readClaims(world: World, address: string): Promise<[number, number]> {
  const text = `select count(*)::integer,
                       (select count(*)::integer from events e
                         where e.kind = 'user.signed_up' and e.subject_id = any(array_agg(i.user_id)))
                  from identifiers i where i.canonical = $1`
  const [row] = await rowsOf(world.db, text, [address])
  return row as [number, number]
}
