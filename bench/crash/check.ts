/**
 * Holds the history against the service and its rows, once nobody is at work any more.
 *
 * 1. What was acknowledged is there: accounts open with their passwords, sessions, generations, positions.
 * 2. What was ended is refused, still.
 * 3. Each change has its event, once, and each event its change, whether or not it was acknowledged; nobody was taken
 *    for a thief; the chain of events verifies, and the positions of the revocation log have no gap.
 *
 * It is as strict as what is promised: a sign-up or sign-in whose answer was lost may have happened, and may have
 * happened again when it was repeated; a rotation whose answer was lost has, and gave the same successor later.
 */

import { AuthService } from '@signet/contract'
import { findChainEnds } from '../../packages/server/src/events/events.sql.ts'
import { verifyChain } from '../../packages/server/src/events/verify-chain.ts'
import { parseRefreshToken } from '../../packages/server/src/tokens/refresh-token.ts'
import { type OwnPostgres, rowsOf } from '../server/own-postgres.ts'
import { ask, outcomeOf, type Reach, seeRefused, signIn, sleep } from './device.ts'
import type { Wrong } from './history.ts'
import type { Life } from './person.ts'
import { acknowledgedQueries, type Query, rowQueries } from './queries.ts'

export interface Scene {
  own: OwnPostgres
  reach: Reach
  lives: readonly Life[]
}

/** Reports everything that is wrong to the history; answers how much there was to look at. */
export async function checkHistory(scene: Scene): Promise<{ events: number; sessions: number }> {
  const { own, reach, lives } = scene
  await atOnce(lives, (life) => checkPresence(scene, life))
  await atOnce(reach.history.ended, (tokens) => seeRefused(reach, tokens))
  await atOnce(reach.history.accounts, async (account) => {
    await signIn(reach, account).catch(() => undefined)
  })
  await checkChain(scene)
  for (const query of rowQueries) await runQuery(scene, query)
  for (const query of acknowledgedQueries(reach.history)) await runQuery(scene, query)
  const text = 'select (select count(*) from events), (select count(*) from sessions)'
  const [[events, sessions] = []] = await rowsOf(own.db, text)
  return { events: Number(events), sessions: Number(sessions) }
}

/** What a person holds is good, and is exactly what the row holds. */
async function checkPresence({ own, reach }: Scene, { last }: Life): Promise<void> {
  if (last === undefined) return
  const { accessToken, refreshToken, sessionId } = last.tokens
  const call = { input: {}, accessToken }
  const refused = await outcomeOf(ask(reach, AuthService.method.validateCredentials, call))
  if (refused !== undefined)
    reach.history.report('lost', `session ${sessionId} was answered with ${refused}`)
  const held = parseRefreshToken(refreshToken)
  const text = 'select generation from grants where id = $1'
  const [[generation] = []] = await rowsOf(own.db, text, [held?.grantId])
  if (generation === held?.generation) return
  const wrong: Wrong = Number(generation) > Number(held?.generation) ? 'doubled' : 'lost'
  const sentence = `session ${sessionId} holds generation ${held?.generation}, its row ${generation}`
  reach.history.report(wrong, sentence)
}

const sealingMs = 60_000

async function checkChain({ own, reach }: Scene): Promise<void> {
  const deadline = performance.now() + sealingMs
  while ((await findChainEnds(own.db)).unsealed) {
    if (performance.now() > deadline) {
      reach.history.report('stuck', 'events are not sealed a minute after the last one')
      return
    }
    await sleep(100)
  }
  const verdict = await verifyChain(own.db)
  if (verdict.intact) return
  const wrong = verdict.problem === 'duplicate' ? 'doubled' : 'lost'
  reach.history.report(wrong, `the chain of events: ${verdict.message}`)
}

/** Each row that a query answers is something wrong: what, and about what. */
async function runQuery({ own, reach }: Scene, { text, values }: Query): Promise<void> {
  for (const [wrong, sentence] of await rowsOf(own.db, text, values))
    reach.history.report(wrong as Wrong, String(sentence))
}

const callsAtOnce = 16

async function atOnce<T>(things: readonly T[], work: (thing: T) => Promise<void>): Promise<void> {
  const left = [...things]
  const worker = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) await work(next)
  }
  await Promise.all(Array.from({ length: callsAtOnce }, worker))
}
