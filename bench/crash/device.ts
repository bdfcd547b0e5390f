/**
 * What somebody's device does with its tokens, as `@signet/client` does: it keeps the last that was acknowledged, asks
 * again when an answer does not come, stores an answer only where it still holds what it presented, and then confirms.
 *
 * Two tabs of a device share its storage, and each looks there again before it repeats itself.
 */

import type { DescMessage, DescMethodUnary, MessageShape } from '@bufbuild/protobuf'
import { AuthService, SignOutScope } from '@signet/contract'
import type { Random } from '../random.ts'
import {
  type Call,
  isPassing,
  pauseAfter,
  Refused,
  reasonOf,
  untilAnswered,
  type Wire,
} from '../wires.ts'
import type { Account, History, Tokens } from './history.ts'

export interface Reach {
  wires: readonly Wire[]
  history: History
  random: Random
  /** Of refreshing, in milliseconds. */
  windowMs: number
  /** How much oftener than usual something else is done than refreshing. */
  restlessness: number
}

/** Thrown where a device cannot go on; what is wrong has been reported. */
export class GaveUp extends Error {
  override readonly name = 'GaveUp'
}

const pauseMs = 150
/** Far longer than any restart. */
const patienceMs = 90_000
/** How often somebody whose answer was lost is out of reach for longer than the window. */
const tunnelProbability = 0.2

export interface Device {
  readonly tokens: Tokens
  refresh(): Promise<void>
  /** Waits for confirmations under way. */
  settled(): Promise<void>
}

/** Repeats a call, each time over any wire, until there is an answer or a refusal for good. */
export function ask<I extends DescMessage, O extends DescMessage>(
  reach: Reach,
  method: DescMethodUnary<I, O>,
  call: Call<I>,
): Promise<MessageShape<O>> {
  return untilAnswered(() => anyWire(reach).call(method, call), {
    pauseMs,
    patienceMs,
    onRetry: (reason) => noteUnanswered(reach, reason),
  })
}

function anyWire({ wires, random }: Reach): Wire {
  return wires[random.below(wires.length)] as Wire
}

function noteUnanswered({ history }: Reach, reason: string): void {
  history.counts.unanswered += 1
  if (reason === 'INTERNAL') history.report('stuck', 'a call was answered with INTERNAL: a bug')
}

/** The session of a sign-in with the account's password. */
export async function signIn(reach: Reach, account: Account): Promise<Device> {
  const { history } = reach
  const input = { identifier: account.email, password: account.password }
  const { result } = await ask(reach, AuthService.method.signIn, { input }).catch((error) => {
    throw gaveUp(reach, `a sign-in of ${account.email}`, error)
  })
  if (result.value === undefined) throw new Error('the sign-in asks for more than a password')
  const { sessionId, accessToken, refreshToken } = result.value
  const userId = subjectOf(accessToken)
  if (account.userId !== '' && account.userId !== userId)
    history.report('lost', `${account.email} signed in to another account`)
  account.userId = userId
  history.sessionIds.add(sessionId)
  history.counts.signIns += 1
  return openDevice(reach, { sessionId, accessToken, refreshToken })
}

function openDevice(reach: Reach, first: Tokens): Device {
  const { history } = reach
  const confirming = new Set<Promise<unknown>>()
  let tokens = first

  function store(presented: string, answer: Tokens): void {
    history.answered(presented, answer.refreshToken)
    if (tokens.refreshToken !== presented) return
    tokens = answer
    if (answer.refreshToken === presented) return
    const input = { refreshToken: answer.refreshToken }
    const confirmed = ask(reach, AuthService.method.confirmRefresh, { input })
      .catch(() => undefined)
      .finally(() => confirming.delete(confirmed))
    confirming.add(confirmed)
  }

  return {
    get tokens() {
      return tokens
    },
    async refresh() {
      const startedAt = performance.now()
      for (let attempt = 1; ; attempt++) {
        const presented = tokens.refreshToken
        try {
          // No client waits for one answer as long as the window is.
          const call = { input: { refreshToken: presented }, timeoutMs: reach.windowMs / 2 }
          const answer = await anyWire(reach).call(AuthService.method.refreshTokens, call)
          if (performance.now() - startedAt > reach.windowMs) history.counts.late += 1
          if (answer.tokens === undefined) throw new Error('the answer holds no tokens')
          store(presented, answer.tokens)
          return
        } catch (error) {
          const reason = reasonOf(error)
          // Another tab has refreshed meanwhile: what is stored is good.
          if (tokens.refreshToken !== presented) return
          if (!isPassing(reason) || performance.now() - startedAt > patienceMs)
            throw gaveUp(reach, `a refresh in session ${tokens.sessionId}`, error)
          noteUnanswered(reach, reason)
          const inTunnel = reach.random.chance(tunnelProbability)
          await sleep(inTunnel ? reach.windowMs * 1.5 : pauseAfter(attempt, pauseMs))
        }
      }
    },
    async settled() {
      await Promise.all(confirming)
    },
  }
}

/** Signs out, with either token, until that is acknowledged. From then on nothing of it may be accepted. */
export async function signOut(
  reach: Reach,
  account: Account,
  { device, everywhere }: { device: Device; everywhere: boolean },
): Promise<void> {
  const { history, random } = reach
  const { tokens } = device
  const token = random.chance(0.5) ? tokens.refreshToken : tokens.accessToken
  const scope = everywhere ? SignOutScope.EVERYWHERE : SignOutScope.THIS_SESSION
  const call = { input: { token, scope } }
  const { position } = await ask(reach, AuthService.method.signOut, call).catch((error) => {
    throw gaveUp(reach, `a sign-out of session ${tokens.sessionId}`, error)
  })
  history.counts.signOuts += 1
  history.ended.push(tokens)
  if (everywhere) account.signOutsEverywhere += 1
  else history.signedOut.set(tokens.sessionId, position)
  await seeRefused(reach, tokens)
}

/** Reports what is accepted although its end was acknowledged. */
export async function seeRefused(reach: Reach, tokens: Tokens): Promise<void> {
  const { accessToken, refreshToken, sessionId } = tokens
  const { validateCredentials, refreshTokens } = AuthService.method
  const access = await outcomeOf(ask(reach, validateCredentials, { input: {}, accessToken }))
  if (access !== 'UNAUTHENTICATED')
    reach.history.report(
      access === undefined ? 'revived' : 'stuck',
      `the access token of the ended session ${sessionId} was answered with ${access ?? 'yes'}`,
    )
  const refresh = await outcomeOf(ask(reach, refreshTokens, { input: { refreshToken } }))
  if (refresh !== 'INVALID_GRANT')
    reach.history.report(
      refresh === undefined ? 'revived' : 'stuck',
      `the refresh token of the ended session ${sessionId} was answered with ${refresh ?? 'yes'}`,
    )
}

/** The reason of a refusal, undefined where there was none. */
export function outcomeOf(answer: Promise<unknown>): Promise<string | undefined> {
  return answer.then(() => undefined, reasonOf)
}

/** Reports why somebody cannot go on. */
export function gaveUp({ history }: Reach, what: string, error: unknown): GaveUp {
  const reason = reasonOf(error)
  const sentence = `${what} was refused: ${reason}`
  history.report(isPassing(reason) ? 'stuck' : 'lost', sentence)
  return new GaveUp(sentence, { cause: error instanceof Refused ? error.cause : error })
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function subjectOf(accessToken: string): string {
  const [, claims = ''] = accessToken.split('.')
  return JSON.parse(Buffer.from(claims, 'base64url').toString()).sub
}
