/**
 * What people who sign in at the same moment share: one statement that reads who they may be, and one transaction that
 * starts their sessions. Between hashes a round trip and a commit cost more than what is done in them, so several share both.
 *
 * Reading: who may be meant, with their passwords, the keys of their events and the position of the revocation log, and
 * whether another guess is let through.
 *
 * Starting, for each on its own account:
 * 1. The guess is let through: others that ran at once may have used up the limit meanwhile.
 * 2. Where the person has a session in this browser, that goes on under a new secret. Else one is started. Either way only
 *    where the password is still the one that was read, the user is active and nothing was revoked since: a suspension that
 *    came while the hash was computed wins.
 * 3. A grant is issued in the session, or it gets the secret of its cookie. With the commit all of it is there, or nothing.
 *
 * Errors: UNAVAILABLE.
 */

import { ownClientId } from '../clients/own-client.ts'
import type { Secret } from '../config/secret.ts'
import { openBatch } from '../db/batch.ts'
import type { Db } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import type { EventKeys } from '../events/event-keys.ts'
import { type IssuedGrant, issueGrants } from '../grants/issue-grant.ts'
import type { SessionId, UserId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import { keepBrowserSecret, proveAgain } from '../sessions/browser-session.ts'
import { type NewSession, type StartedSession, startSessions } from '../sessions/start-session.ts'
import { admitGuesses, type Guess, type RightGuess } from '../throttling/guess.ts'
import { claimsMax } from './claims.ts'
import { listSignInCandidates } from './sign-in.sql.ts'
import { mustVerifyFirst } from './unverified.ts'

export interface SimultaneousSignIns {
  /** One row for each who may be meant; where nobody is, one row that names nobody. */
  findCandidates(asked: AskedCandidates): Promise<FoundCandidate[]>
  /** Starts the session of somebody whose password was right, or says why not. */
  start(proven: ProvenSignIn): Promise<StartedSignIn | RefusedSignIn>
}

export interface AskedCandidates {
  kind: string
  canonical: string
  guess: Guess
}

export type FoundCandidate = Awaited<ReturnType<typeof listSignInCandidates>>[number]

/** What a session yields: a grant, whose tokens are for this audience, or the cookie of a browser. */
export type Yield =
  | { kind: 'grant'; audience: readonly string[] }
  | {
      kind: 'cookie'
      /** Of the secret that the browser will hold. */
      secretHash: Buffer
      /** The secrets that it holds. */
      presented: readonly Secret[]
      /** Whether the person stays signed in. */
      persistent: boolean
    }

export interface ProvenSignIn extends RightGuess {
  ctx: RequestContext
  /** How the person proved who they are, and on what it rests; the rest of the session is the same for everyone. */
  session: Omit<NewSession, 'userId' | 'clientId' | 'knownDevice'>
  /** Those that were read with the credential, if they were. */
  eventKeys?: EventKeys
  yields: Yield
}

/** With all that the session is started with. */
interface WholeSignIn extends ProvenSignIn {
  session: NewSession
  eventKeys: EventKeys
}

/** What the device presents from now on, and the session with what it yields. */
export type StartedSignIn = { deviceSecret: string } & (
  | { kind: 'grant'; session: StartedSession; grant: IssuedGrant }
  | { kind: 'cookie'; sessionId: SessionId; userId: UserId }
)

/** `retryAfter`, in seconds: the guess is not let through. `revoked`: user, client or password are not what was read. */
export type RefusedSignIn = { retryAfter: number } | 'revoked'

type SignInDeps = Pick<Deps, 'config' | 'db' | 'masterSecret'>

/** People that one statement serves at the most. While one is at work the next gathers: two at once would only be smaller. */
const limits = { max: 16, concurrent: 1 }

/** The way in for one instance. */
export function openSimultaneousSignIns(deps: SignInDeps): SimultaneousSignIns {
  const start = openBatch((proven: readonly WholeSignIn[]) => startAll(deps, proven), limits)
  return {
    findCandidates: openBatch((asked) => findAll(deps, asked), limits),
    start: (proven) => start(whole(proven)),
  }
}

function whole(proven: ProvenSignIn): WholeSignIn {
  const { session, userId, state, yields, eventKeys = new Map() } = proven
  const knownDevice = state.deviceUserId === userId
  const persistent = yields.kind === 'grant' || yields.persistent
  return {
    ...proven,
    eventKeys,
    session: { ...session, userId, clientId: ownClientId, knownDevice, persistent },
  }
}

async function findAll(
  { db, config }: SignInDeps,
  asked: readonly AskedCandidates[],
): Promise<FoundCandidate[][]> {
  const rows = await listSignInCandidates(db, {
    asked: asked.map(({ kind, canonical, guess }, place) => ({
      place,
      kind,
      canonical,
      account: guess.account.toString('base64'),
      address: guess.address.toString('base64'),
      device_hash: guess.deviceHash?.toString('base64') ?? null,
    })),
    claimsBesideOwner: mustVerifyFirst(config),
    limit: 1 + claimsMax,
  })
  return asked.map((_, place) => rows.filter((row) => row.place === place))
}

async function startAll(
  deps: SignInDeps,
  proven: readonly WholeSignIn[],
): Promise<(StartedSignIn | RefusedSignIn)[]> {
  return deps.db.transaction(async (db) => {
    const admitted = await admitGuesses(db, proven)
    const letThrough = proven.filter((each) => admitted.get(each)?.retryAfter === null)
    const again = await proveAgainAll({ ...deps, db }, letThrough)
    const newcomers = letThrough.filter((each) => !again.has(each))
    const sessions = await startSessions({ ...deps, db }, newcomers)
    const asked = [...sessions].flatMap(([of, session]) => askForGrant(of, session))
    const grants = await issueGrants({ ...deps, db }, asked)
    const granted = new Map(asked.map((each) => [each.of, grants.get(each)]))
    for (const [{ yields }, { id: sessionId }] of sessions)
      if (yields.kind === 'cookie') await keepBrowserSecret(db, { ...yields, sessionId })
    return proven.map((each) => {
      const { retryAfter = null, deviceSecret = '' } = admitted.get(each) ?? {}
      if (retryAfter !== null) return { retryAfter }
      const [session, grant] = [sessions.get(each), granted.get(each)]
      const sessionId = again.get(each) ?? session?.id
      if (each.yields.kind === 'cookie')
        return sessionId === undefined
          ? 'revoked'
          : { kind: 'cookie', sessionId, userId: each.userId, deviceSecret }
      return session && grant ? { kind: 'grant', session, grant, deviceSecret } : 'revoked'
    })
  })
}

/** Who goes on with a session of the same browser. In the order of users, in which everyone here takes their locks. */
async function proveAgainAll(
  deps: Pick<Deps, 'config' | 'masterSecret'> & { db: Db },
  proven: readonly WholeSignIn[],
): Promise<Map<WholeSignIn, SessionId>> {
  const again = new Map<WholeSignIn, SessionId>()
  const inOrder = proven.toSorted((a, b) => (a.userId < b.userId ? -1 : 1))
  for (const each of inOrder) {
    const { ctx, session, yields, eventKeys } = each
    if (yields.kind !== 'cookie') continue
    const found = await proveAgain({ ...deps, eventKeys }, ctx, { ...yields, session })
    if (found !== undefined) again.set(each, found.id)
  }
  return again
}

function askForGrant(of: WholeSignIn, { id: sessionId, userId, scopes }: StartedSession) {
  const { ctx, yields } = of
  if (yields.kind !== 'grant') return []
  return [{ of, ctx, grant: { userId, sessionId, scopes, audience: yields.audience } }]
}
