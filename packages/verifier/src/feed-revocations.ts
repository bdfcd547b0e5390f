/**
 * Standings out of the feed. A token is judged again only where something was revoked since it was last judged, so a token
 * that is known costs the comparison of two numbers.
 */

import type { Clock, Moment } from './clock.ts'
import type { VerifierEvent } from './events.ts'
import { openFeed } from './feed.ts'
import type { IssuerClient } from './issuer-client.ts'
import { openIssuerTime } from './issuer-time.ts'
import type { KnownToken } from './known-tokens.ts'
import { openRevocationView, type RevocationView } from './revocation-view.ts'
import type { Revocations, Standing } from './revocations.ts'

export interface FeedRevocationsOptions {
  issuerClient: IssuerClient
  clock: Clock
  /** What an operator calls this service. */
  name: string
  stalenessBudgetSeconds: number
  entriesMax: number
  onEvent(event: VerifierEvent): void
}

export function openFeedRevocations(options: FeedRevocationsOptions): Revocations {
  const { clock, onEvent } = options
  const issuerTime = openIssuerTime(clock, onEvent)
  const view = openRevocationView({ ...options, earliestNowMs: issuerTime.earliestMs })
  const isStale = tellingChanges(view, options)
  let begin = () => {}
  const begun = new Promise<void>((resolve) => {
    begin = resolve
  })
  let logId: string | undefined
  const feed = openFeed({
    ...options,
    view,
    onIssuerTime: issuerTime.set,
    onStep() {
      const known = view.known()
      if (known === undefined) return
      if (known.logId !== logId) {
        logId = known.logId
        onEvent({ kind: 'feed_complete', entries: known.entries, position: known.position })
      }
      isStale()
      begin()
    },
  })
  return {
    standing: (token, at) => standingOf(view, token, () => isStale(at)),
    latestNowMs: issuerTime.latestMs,
    begun,
    state() {
      const { entries = 0, bytes = 0, ...place } = view.known() ?? {}
      const ageMs = view.ageMs()
      const ageSeconds = Number.isFinite(ageMs) ? ageMs / 1000 : undefined
      return { ...feed.state(), ...place, ageSeconds, entries, bytes }
    },
    close: feed.close,
  }
}

function standingOf(view: RevocationView, token: KnownToken, isStale: () => boolean): Standing {
  const version = view.version()
  if (token.judgedAt !== version) {
    token.verdict = view.judge(token.words, token.token.claims.rev)
    token.judgedAt = version
  }
  if (token.verdict !== undefined) return token.verdict === 'ended' ? 'revoked' : 'outdated'
  if (version === 0) return 'blind'
  return isStale() ? 'stale' : 'alive'
}

/** Whether the view is older than the budget; each change is told once. */
function tellingChanges(
  view: RevocationView,
  options: FeedRevocationsOptions,
): (at?: Moment) => boolean {
  const budgetMs = options.stalenessBudgetSeconds * 1000
  let told = false
  return (at) => {
    const ageMs = view.ageMs(at)
    const stale = ageMs > budgetMs
    if (stale !== told) {
      told = stale
      options.onEvent(
        stale ? { kind: 'view_stale', ageSeconds: ageMs / 1000 } : { kind: 'view_fresh' },
      )
    }
    return stale
  }
}
