/**
 * What the product promises about refreshing and revoking, no more and no less. Each promise looks at one step and
 * answers whether it was kept; it knows what an observer saw, not the columns that the rules decide by.
 */

import { ages } from './grant-rules.ts'
import { type Action, isAccessTokenAlive, isEntitled, type Outcome, type World } from './world.ts'

export interface Step {
  before: World
  action: Action
  after: World
  outcome: Outcome | undefined
}

export const promises: Record<string, (step: Step) => boolean> = {
  'who shares storage, refreshes within the window or confirms is never logged out': ({
    before,
    outcome,
  }) => {
    if (outcome?.holder === undefined || isDisturbed(before)) return true
    if (outcome.holder.kind === 'thief') return true
    if (!isEntitled(before, outcome.holder, outcome.presented)) return true
    return outcome.answered !== undefined
  },

  'nothing revoked is ever alive again': ({ before, after, outcome }) => {
    if (isRevoked(after) && isAccessTokenAlive(after, after.seen.newestAccessRev)) return false
    // What was sent after the revocation is refused; what overtook it may be answered, with tokens that are dead.
    const sentAfter = isRevoked(before) && outcome?.holder?.request?.position === before.position
    return !sentAfter || outcome?.answered === undefined
  },

  'reuse ends the grant, once': ({ before, after, outcome }) => {
    if (after.seen.reuses > 1) return false
    if (outcome?.holder === undefined || !isAlive(before)) return true
    return !isTheft(before, outcome) || after.grant.ended === 'reuse'
  },

  'a grant ends by a revocation or by theft': ({ before, action, after, outcome }) => {
    if (before.grant.ended !== undefined) return after.grant.ended === before.grant.ended
    if (after.grant.ended === undefined || action.do === 'revoke') return true
    return outcome !== undefined && isTheft(before, outcome)
  },

  'the successor of a token is always the same': ({ outcome }) => {
    if (outcome?.answered === undefined) return true
    return outcome.answered === outcome.presented || outcome.answered === outcome.presented + 1
  },

  'a generation above the current one ends nothing': ({ before, after, outcome }) => {
    if (outcome?.holder === undefined || outcome.presented <= before.grant.generation) return true
    return outcome.answered === undefined && after.grant === before.grant
  },

  'a wrong MAC touches nothing': ({ before, action, after }) =>
    action.do !== 'forge' || after.grant === before.grant,
}

function isAlive({ grant, cut }: World): boolean {
  return grant.ended === undefined && cut === 0
}

function isRevoked({ seen }: World): boolean {
  return seen.revoked || seen.reuses > 0
}

function isDisturbed(world: World): boolean {
  return world.seen.disturbed || isRevoked(world)
}

/**
 * Whether a presentation shows that two parties hold the grant: the token was replaced, its successor was not handed out
 * a moment ago, and somebody has the successor, or nobody came for it in time.
 */
function isTheft(world: World, { presented }: Outcome): boolean {
  const { grant, seen, confirming } = world
  const givenAgo = seen.successorGivenAgo[presented]
  if (presented >= grant.generation || givenAgo === undefined || givenAgo <= ages.soon) return false
  const successorUnseen = presented === grant.generation - 1 && seen.proven <= presented
  const replacedAgo = seen.replacedAgo[presented] ?? ages.tooLate
  return !(confirming && successorUnseen && replacedAgo < ages.tooLate)
}
