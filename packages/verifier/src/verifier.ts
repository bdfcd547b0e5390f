/**
 * Verifies access tokens of one issuer for one service. In this order:
 *
 * 1. is it known as good (see known-tokens.ts); else is it an access token of the issuer for this service (see access-token.ts);
 * 2. is it in its time;
 * 3. was it revoked; and is that known by a view that is young enough, else what the class of the route says;
 * 4. does it have the scopes and permissions that the route asks for.
 *
 * A token that is known costs a digest and a few comparisons, and no packet.
 *
 * Errors: VerificationError with one of the reasons in refusal.ts.
 * Specs: RFC 9068 §4, RFC 6750, RFC 7662.
 */

import { checkTimes, type Expected, verifyAccessToken } from './access-token.ts'
import { type Clock, momentOf, systemClock } from './clock.ts'
import { tokenLengthMax } from './compact-token.ts'
import { safely } from './events.ts'
import { openFeedRevocations } from './feed-revocations.ts'
import { type HashIdentifiers, openIdentifierHashes } from './hashed-identifier.ts'
import { type Introspection, openIntrospection } from './introspection.ts'
import { createIssuerClient } from './issuer-client.ts'
import { type KeySet, openKeySet } from './key-set.ts'
import { type KnownToken, type KnownTokens, openKnownTokens } from './known-tokens.ts'
import { assertFreshness, assertOptions, type VerifierOptions } from './options.ts'
import { type RefusalReason, refused, VerificationError } from './refusal.ts'
import {
  assertGivable,
  checkRequirements,
  type Freshness,
  type Requirements,
} from './requirements.ts'
import type { Revocations, RevocationsState, Standing } from './revocations.ts'
import { describeToken, type RolePermissions, type VerifiedToken } from './verified-token.ts'

export interface Verifier {
  /** The token, where it is good and may do this. Rejects with VerificationError. */
  verify(text: string, requirements?: Requirements): Promise<VerifiedToken>
  /** Throws TypeError where no token could ever meet the requirements; called when a route is made. */
  assertMeetable(requirements: Requirements): void
  /** Resolves when keys and revocations are known. Rejects where that takes longer; verifying goes on trying. */
  ready(options?: { timeoutMs?: number }): Promise<void>
  status(): VerifierStatus
  /** Stops reading the feed. What is verified after that is refused once the view is too old. */
  close(): void
}

export interface VerifierStatus {
  issuer: string
  keys: { keys: number; ageSeconds: number | undefined }
  revocations: RevocationsState
  /** Tokens that are known as good. */
  knownTokens: number
  /** Since the start. */
  counters: {
    accepted: number
    /** How many needed no signature to be checked. */
    cacheHits: number
    introspections: number
    refused: Partial<Record<RefusalReason, number>>
  }
}

interface Parts {
  issuer: string
  clock: Clock
  expected: Expected
  keySet: KeySet
  knownTokens: KnownTokens
  revocations: Revocations
  introspection: Introspection
  hashIdentifiers: HashIdentifiers
  rolePermissions: RolePermissions
  freshness: Freshness
  counters: Omit<VerifierStatus['counters'], 'introspections'>
}

const defaults = {
  algorithms: ['ES256'],
  stalenessBudgetSeconds: 10,
  knownTokensMax: 20_000,
  entriesMax: 4_000_000,
  readyTimeoutMs: 30_000,
} as const

/** Makes a verifier, which begins to read keys and feed at once. Throws TypeError where an option is wrong. */
export function createVerifier(options: VerifierOptions): Verifier {
  assertOptions(options)
  const parts = openParts(options)
  const { keySet, revocations, rolePermissions, counters } = parts
  const closing = new AbortController()
  const started = Promise.all([keySet.start(closing.signal), revocations.begun])
  return {
    async verify(text, requirements = {}) {
      try {
        // Where nothing has to be waited for, nothing is.
        const decided = decide(parts, text, requirements)
        const token = decided instanceof Promise ? await decided : decided
        counters.accepted += 1
        return token
      } catch (error) {
        if (error instanceof VerificationError) {
          counters.refused[error.reason] = (counters.refused[error.reason] ?? 0) + 1
        }
        throw error
      }
    },
    assertMeetable(requirements) {
      assertFreshness(requirements.freshness)
      assertGivable(requirements, rolePermissions)
    },
    async ready({ timeoutMs = defaults.readyTimeoutMs } = {}) {
      await within(started, timeoutMs)
    },
    status: () => ({
      issuer: parts.issuer,
      keys: keySet.state(),
      revocations: revocations.state(),
      knownTokens: parts.knownTokens.count(),
      counters: {
        ...counters,
        introspections: parts.introspection.count(),
        refused: { ...counters.refused },
      },
    }),
    close() {
      closing.abort()
      revocations.close()
    },
  }
}

function openParts(options: VerifierOptions): Parts {
  const { issuer, url = issuer, client, name = '' } = options
  const { algorithms = defaults.algorithms, clock = systemClock } = options
  const fetch: typeof globalThis.fetch =
    options.fetch ?? ((...request) => globalThis.fetch(...request))
  const issuerClient = createIssuerClient({ url, client, fetch })
  const onEvent = safely(options.onEvent)
  const knownTokens = openKnownTokens(options.knownTokensMax ?? defaults.knownTokensMax)
  const onKeyGone = () => knownTokens.clear()
  const keySet = openKeySet({ issuerClient, algorithms, clock, onKeyGone, onEvent })
  const revocations =
    options.revocations?.({ issuer, clock, onEvent }) ??
    openFeedRevocations({
      issuerClient,
      clock,
      name,
      onEvent,
      stalenessBudgetSeconds: options.stalenessBudgetSeconds ?? defaults.stalenessBudgetSeconds,
      entriesMax: options.entriesMax ?? defaults.entriesMax,
    })
  return {
    issuer,
    clock,
    expected: { issuer, audiences: [options.audience].flat(), algorithms, findKey: keySet.find },
    keySet,
    knownTokens,
    revocations,
    introspection: openIntrospection(issuerClient),
    hashIdentifiers: openIdentifierHashes(issuer),
    rolePermissions: options.permissions ?? {},
    freshness: options.freshness ?? 'deny',
    counters: { accepted: 0, cacheHits: 0, refused: {} },
  }
}

type Decision = VerifiedToken | Promise<VerifiedToken>

function decide(parts: Parts, text: string, requirements: Requirements): Decision {
  if (typeof text !== 'string' || text.length > tokenLengthMax) throw refused('malformed')
  const known = parts.knownTokens.find(text)
  if (known === undefined)
    return admit(parts, text).then((admitted) => judge(parts, { text, admitted }, requirements))
  parts.counters.cacheHits += 1
  return judge(parts, { text, admitted: known }, requirements)
}

interface Judged {
  text: string
  admitted: KnownToken
}

/** Steps 2 to 4, for a token that is good. */
function judge(parts: Parts, judged: Judged, requirements: Requirements): Decision {
  const { admitted } = judged
  const at = momentOf(parts.clock)
  checkTimes(admitted.token.claims, parts.revocations.latestNowMs(at))
  const standing = parts.revocations.standing(admitted, at)
  return typeof standing === 'string'
    ? settle(parts, { ...judged, standing }, requirements)
    : Promise.resolve(standing).then((known) =>
        settle(parts, { ...judged, standing: known }, requirements),
      )
}

function settle(
  parts: Parts,
  { text, admitted: { token }, standing }: Judged & { standing: Standing },
  requirements: Requirements,
): Decision {
  if (standing === 'revoked') throw refused('revoked')
  if (standing === 'outdated') throw refused('outdated')
  if (standing === 'alive') return permitted(token, requirements)
  return passOnAnOldView(parts, { text, token, standing }, requirements).then(() =>
    permitted(token, requirements),
  )
}

function permitted(token: VerifiedToken, requirements: Requirements): VerifiedToken {
  checkRequirements(token, requirements)
  return token
}

/** Verifies a token that is not known, and remembers it if it is good. */
async function admit(parts: Parts, text: string): Promise<KnownToken> {
  const { knownTokens } = parts
  const times = knownTokens.timesCleared()
  const claims = await verifyAccessToken(text, parts.expected)
  // One that has expired must not push out one that is used.
  checkTimes(claims, parts.revocations.latestNowMs(momentOf(parts.clock)))
  const known: KnownToken = {
    token: describeToken(claims, parts.rolePermissions),
    words: parts.hashIdentifiers(claims),
    judgedAt: neverJudged,
    verdict: undefined,
  }
  knownTokens.add(text, known, times)
  return known
}

const neverJudged = -1

/** Returns where the class of the route lets the token pass although what was revoked may be unknown. */
async function passOnAnOldView(
  parts: Parts,
  { text, token, standing }: { text: string; token: VerifiedToken; standing: 'stale' | 'blind' },
  { freshness = parts.freshness }: Requirements,
): Promise<void> {
  switch (freshness) {
    case 'introspect':
      if (await parts.introspection.isActive(text, token)) return
      throw refused('revoked')
    case 'allow':
      if (standing === 'stale') return
      throw refused('stale_view')
    case 'deny':
      throw refused('stale_view')
  }
}

/** The timer keeps the process alive meanwhile: somebody waits. */
async function within(promise: Promise<unknown>, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const sentence = `keys and revocations were not there after ${timeoutMs} ms`
    timer = setTimeout(() => reject(new Error(sentence)), timeoutMs)
  })
  try {
    await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
