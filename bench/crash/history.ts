/**
 * What clients were told, for the checker: a promise of the service is what it acknowledged, nothing else counts.
 *
 * Four things must never be found. Lost: something acknowledged is gone, or somebody is logged out who did nothing wrong.
 * Doubled: something happened or was recorded twice, or one refresh token got different successors. Revived: something
 * revoked was accepted. Stuck: somebody who keeps asking gets no answer, or one that means a bug.
 */

import { parseRefreshToken } from '../../packages/server/src/tokens/refresh-token.ts'

export type Wrong = 'lost' | 'doubled' | 'revived' | 'stuck'

export interface Account {
  email: string
  /** The one that opens it, as its owner believes. */
  password: string
  /** Known from the first sign-in on. */
  userId: string
  /** Sign-ups that were sent for it: each that got no answer may have opened an account. */
  signUpsSent: number
  passwordChanges: number
  signOutsEverywhere: number
}

export interface Tokens {
  sessionId: string
  accessToken: string
  refreshToken: string
}

export interface Counts {
  rotations: number
  refreshes: number
  twoTabs: number
  late: number
  signUps: number
  signIns: number
  signOuts: number
  passwordChanges: number
  unanswered: number
}

export interface History {
  readonly accounts: Account[]
  /** Sessions that a sign-in was answered with. */
  readonly sessionIds: Set<string>
  /** What was held when an end was acknowledged. */
  readonly ended: Tokens[]
  /** Sessions whose sign-out was acknowledged with this position in the log; 0 where an attempt before had ended it. */
  readonly signedOut: Map<string, bigint>
  readonly counts: Counts
  readonly wrongs: { wrong: Wrong; sentence: string }[]
  report(wrong: Wrong, sentence: string): void
  /** Notes an answer to a refresh, and sees whether it may be. */
  answered(presented: string, answer: string): void
}

export function openHistory(): History {
  const wrongs: History['wrongs'] = []
  const tokens = new Map<string, string>()
  const report = (wrong: Wrong, sentence: string) => void wrongs.push({ wrong, sentence })
  const counts = {
    rotations: 0,
    refreshes: 0,
    twoTabs: 0,
    late: 0,
    signUps: 0,
    signIns: 0,
    signOuts: 0,
    passwordChanges: 0,
    unanswered: 0,
  }
  return {
    accounts: [],
    sessionIds: new Set(),
    ended: [],
    signedOut: new Map(),
    counts,
    wrongs,
    report,
    answered(presented, answer) {
      const from = parseRefreshToken(presented)
      const to = parseRefreshToken(answer)
      counts.refreshes += 1
      if (from === undefined || to === undefined || from.grantId !== to.grantId) {
        report('doubled', 'a refresh was answered with a token of something else')
        return
      }
      const step = to.generation - from.generation
      if (step !== 0 && step !== 1)
        report('doubled', `generation ${from.generation} was answered with ${to.generation}`)
      const place = `${to.grantId} ${to.generation}`
      const known = tokens.get(place)
      if (known === undefined) {
        tokens.set(place, answer)
        counts.rotations += step
      } else if (known !== answer) {
        report('doubled', `two different successors for ${place}`)
      }
    },
  }
}
