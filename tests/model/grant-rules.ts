/**
 * What a presented refresh token means: the rules of a grant as one pure function, without tables, keys or clocks.
 *
 * 1. A wrong MAC is refused before anything is looked at.
 * 2. What is dead stays dead.
 * 3. The generation, the time since the last rotation and the confirmation decide.
 *
 * Each rule is a field of `Rules`, so that a test can break one and see which promise falls.
 */

/** Times that matter, in seconds since something happened; all times between two of them are alike. */
export const ages = { now: 0, soon: 20, late: 31, tooLate: 604_801 } as const
export type Age = (typeof ages)[keyof typeof ages]

export interface Rules {
  /** How long after a rotation the replaced token still gets its successor. */
  windowSeconds: number
  /** From when on a retry counts as late, although the window is still open: nobody may find it closed by a moment. */
  closingSeconds: number
  /** How long a confirming client may come back for a successor that nobody has confirmed. */
  recoverySeconds: number
  /** A late retry opens the window anew: whoever presented the same token beside it gets the same answer. */
  recoveryOpensWindow: boolean
  /** Broken: once the successor is confirmed, the replaced token is refused at once. */
  confirmationClosesWindow: boolean
  /** Broken: every retry makes one more successor. */
  retryAdvances: boolean
  /** A token replaced too long ago ends the grant. */
  reuseEnds: boolean
  /** Broken: a generation that was never issued counts as stolen. */
  aboveCurrentEnds: boolean
  /** Broken: the generation is looked at before the MAC. */
  macLast: boolean
  /** Broken: an access token carries the position of its commit, not of the reading that found the grant alive. */
  positionReadLate: boolean
}

export const rules: Rules = {
  windowSeconds: 30,
  closingSeconds: 15,
  recoverySeconds: 604_800,
  recoveryOpensWindow: true,
  confirmationClosesWindow: false,
  retryAdvances: false,
  reuseEnds: true,
  aboveCurrentEnds: false,
  macLast: false,
  positionReadLate: false,
}

/** The row: all that the service remembers of a grant. */
export interface Grant {
  generation: number
  /** Since the redemption or the last rotation. */
  rotatedAgo: Age
  /** Since the window was last opened: by the redemption, a rotation, or a recovery. */
  windowOpenedAgo: Age
  /** The highest generation that was used or confirmed; −1 before the first use. */
  confirmedGeneration: number
  ended: 'reuse' | 'revoked' | undefined
}

export interface Presented {
  generation: number
  macValid: boolean
  /** Whether everything above the grant was alive in the statement's snapshot. */
  aliveAbove: boolean
  confirming: boolean
}

export type Verdict =
  /** A successor was made. */
  | 'advanced'
  /** The token is the latest and was rotated a moment ago: it stays. */
  | 'kept'
  /** The token was replaced a moment ago: the same successor. */
  | 'retried'
  /** The token was replaced a while ago, but nobody has the successor: the same successor. */
  | 'recovered'
  | 'reuse'
  | 'state_lost'
  | 'dead'
  | 'forged'

export const answers: ReadonlySet<Verdict> = new Set(['advanced', 'kept', 'retried', 'recovered'])

/** What a presentation means, and the row after it. The successor to answer is always the row's generation. */
export function present(
  rule: Rules,
  grant: Grant,
  presented: Presented,
): { verdict: Verdict; grant: Grant } {
  if (!presented.macValid && !rule.macLast) return { verdict: 'forged', grant }
  if (grant.ended !== undefined || !presented.aliveAbove) return { verdict: 'dead', grant }
  const verdict = meaning(rule, grant, presented)
  if (!presented.macValid && verdict !== 'reuse') return { verdict: 'forged', grant }
  return { verdict, grant: consequence(rule, grant, { verdict, generation: presented.generation }) }
}

function meaning(rule: Rules, grant: Grant, presented: Presented): Verdict {
  const { generation, confirming } = presented
  if (generation > grant.generation) return rule.aboveCurrentEnds ? 'reuse' : 'state_lost'
  const inWindow = grant.windowOpenedAgo <= rule.windowSeconds
  if (generation === grant.generation) return inWindow ? 'kept' : 'advanced'
  if (generation !== grant.generation - 1) return 'reuse'
  const confirmed = grant.confirmedGeneration >= grant.generation
  const isLate = grant.windowOpenedAgo > rule.closingSeconds
  const recoverable = confirming && !confirmed && grant.rotatedAgo <= rule.recoverySeconds
  if (isLate && recoverable) return 'recovered'
  if (inWindow && !(rule.confirmationClosesWindow && confirmed)) {
    return rule.retryAdvances ? 'advanced' : 'retried'
  }
  return 'reuse'
}

function consequence(
  rule: Rules,
  grant: Grant,
  { verdict, generation }: { verdict: Verdict; generation: number },
): Grant {
  const confirmedGeneration = Math.max(grant.confirmedGeneration, generation)
  switch (verdict) {
    case 'advanced':
      return {
        ...grant,
        generation: grant.generation + 1,
        rotatedAgo: ages.now,
        windowOpenedAgo: ages.now,
        confirmedGeneration,
      }
    case 'kept':
      return { ...grant, confirmedGeneration }
    case 'recovered':
      return rule.recoveryOpensWindow ? { ...grant, windowOpenedAgo: ages.now } : grant
    case 'reuse':
      return rule.reuseEnds ? { ...grant, ended: 'reuse' } : grant
    default:
      return grant
  }
}

/** `ConfirmRefresh`: counts only for the generation that is current, and only while the grant lives. */
export function confirm(grant: Grant, generation: number, aliveAbove: boolean): Grant {
  if (grant.ended !== undefined || !aliveAbove || generation !== grant.generation) return grant
  return { ...grant, confirmedGeneration: Math.max(grant.confirmedGeneration, generation) }
}

/** An age after so many more seconds, as the time that matters and is alike. */
export function older(age: Age, seconds: Age): Age {
  const sum = age + seconds
  if (sum >= ages.tooLate) return ages.tooLate
  if (sum >= ages.late) return ages.late
  return sum === ages.now ? ages.now : ages.soon
}
