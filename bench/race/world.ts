/** Two instances of the service over one Postgres, each reached over two wires, and what every race does with them. */

import { randomUUID } from 'node:crypto'
import type { DescMessage, DescMethodUnary, MessageShape } from '@bufbuild/protobuf'
import { AuthService, type Tokens } from '@signet/contract'
import type { Database } from '../../packages/server/src/db/database.ts'
import { parseRefreshToken } from '../../packages/server/src/tokens/refresh-token.ts'
import type { Random } from '../random.ts'
import { startOwnPostgres } from '../server/own-postgres.ts'
import { type SignetProcess, startSignet } from '../server/signet-process.ts'
import { type Call, reasonOf, untilAnswered, type Wire, wiresOf } from '../wires.ts'

export interface World {
  /** Of both instances, all wires. */
  wires: readonly Wire[]
  /** One wire of each instance. */
  instances: readonly Wire[]
  /** Where each instance is reached over plain HTTP. */
  origins: readonly string[]
  db: Database
  /** Calls a method; a call without an answer is repeated, as a client does. */
  ask: Ask
  /** How many calls were repeated so far. */
  retried(): number
  stop(): Promise<void>
}

type Ask = <I extends DescMessage, O extends DescMessage>(
  wire: Wire,
  method: DescMethodUnary<I, O>,
  call: Call<I>,
) => Promise<MessageShape<O>>

export interface Person {
  email: string
  password: string
}

/** As many as use one thing at once. */
export const users = 50

/** Starts everything; it ends with `stop`, or with this process. */
export async function openWorld(): Promise<World> {
  const own = await startOwnPostgres()
  const services: SignetProcess[] = []
  const stopAll = async () => {
    for (const service of services) await service.stop()
    await own.stop()
  }
  try {
    const settings = { ...own.settings, SIGNET_PASSWORD_HASH_QUEUE_MAX: '1000' }
    // The first makes the schema and the keys, so that the second has nothing to do but to start.
    for (let i = 0; i < 2; i++) services.push(await startSignet(own.dataDir, { settings }))
  } catch (error) {
    await stopAll()
    throw error
  }
  const wires = services.map(({ origin }) => wiresOf(origin))
  let retried = 0
  const onRetry = () => {
    retried += 1
  }
  return {
    wires: wires.flat(),
    instances: wires.flatMap(([first]) => (first === undefined ? [] : [first])),
    origins: services.map(({ origin }) => origin),
    db: own.db,
    ask: (wire, method, call) =>
      untilAnswered(() => wire.call(method, call), { pauseMs: 50, patienceMs: 60_000, onRetry }),
    retried: () => retried,
    async stop() {
      for (const wire of wires.flat()) wire.close()
      await stopAll()
    },
  }
}

/** The wires of `count` users, as many on each, in an order that chance decides. */
export function usersOf({ wires }: World, random: Random, count = users): Wire[] {
  const spread = Array.from({ length: count }, (_, i) => wires[i % wires.length] as Wire)
  return random.shuffled(spread)
}

/** A new account. */
export async function signUp(world: World): Promise<Person> {
  const person = {
    email: `${randomUUID()}@example.com`,
    password: `a sentence of nobody ${randomUUID()}`,
  }
  await world.ask(anyWire(world), AuthService.method.signUp, { input: person })
  return person
}

/** A session, with one grant. */
export async function signIn(world: World, { email, password }: Person): Promise<Tokens> {
  const input = { identifier: email, password }
  const { result } = await world.ask(anyWire(world), AuthService.method.signIn, { input })
  if (result.case !== 'tokens') throw new Error('the sign-in asks for more than a password')
  return result.value
}

function anyWire({ wires }: World): Wire {
  return wires[0] as Wire
}

/** The answer, or the reason of the refusal. */
export async function outcomeOf<T>(
  answer: Promise<T>,
): Promise<{ answer: T; reason?: never } | { answer?: never; reason: string }> {
  try {
    return { answer: await answer }
  } catch (error) {
    return { reason: reasonOf(error) }
  }
}

/** How many instances accept this access token at the next call. */
export async function acceptedBy(world: World, accessToken: string): Promise<number> {
  const answers = world.instances.map((wire) =>
    outcomeOf(world.ask(wire, AuthService.method.validateCredentials, { input: {}, accessToken })),
  )
  const outcomes = await Promise.all(answers)
  for (const { reason } of outcomes) {
    if (reason !== undefined && reason !== 'UNAUTHENTICATED')
      throw new Error(`an access token was answered with ${reason}`)
  }
  return outcomes.filter(({ reason }) => reason === undefined).length
}

/** As if so much time had passed since the grant was last rotated: both instances see it alike, and nobody waits. */
export async function ageGrant(world: World, refreshToken: string, seconds: number): Promise<void> {
  const text = `update grants
                   set rotated_at = rotated_at - make_interval(secs => $2),
                       window_opened_at = window_opened_at - make_interval(secs => $2)
                 where id = $1`
  const values = [grantIdOf(refreshToken), seconds]
  await world.db.query({ name: '', text, values, rowMode: 'array' })
}

export function grantIdOf(refreshToken: string): string {
  return parseRefreshToken(refreshToken)?.grantId ?? 'not a refresh token'
}

export function generationOf(refreshToken: string): number {
  return parseRefreshToken(refreshToken)?.generation ?? Number.NaN
}
