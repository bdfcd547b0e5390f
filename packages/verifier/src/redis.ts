/**
 * Revocations out of Redis, for services that cannot hold a feed: one MGET for each request.
 *
 *     const client = await createClient({ url }).connect()
 *     const verifier = createVerifier({ issuer, audience, revocations: redisRevocations({ client }) })
 *
 * 1. What a key says to be dead is dead, whatever else is missing.
 * 2. Only while the `fresh` key is there is everything there. Where it is missing, or Redis does not answer in time, the view
 *    is too old, and each route does what its class says; before it was there once, nothing is known.
 * 3. A content that cannot be read is no content to decide on.
 *
 * The keys are described in docs/reference/revocation-redis.md. An outdated token cannot be told from a dead one there.
 */

import {
  everythingOffset,
  hashIdentifier,
  hashWords,
  identifierClaims,
} from './hashed-identifier.ts'
import type { KnownToken } from './known-tokens.ts'
import type { RevocationsParts } from './options.ts'
import type { Revocations, Standing } from './revocations.ts'

/** What is needed of a client of Redis; node-redis is one. */
export interface RedisReader {
  mGet(keys: string[]): Promise<(string | null)[]>
}

export interface RedisRevocationsOptions {
  client: RedisReader
  /** Milliseconds that a request waits for Redis, 500 unless given. */
  timeoutMs?: number
}

type Values = (string | null)[]

const prefix = '{signet}:'
/** The first claims kill by being named; the content of the others decides. */
const exactCount = identifierClaims.indexOf('sub')
const sessionIndex = identifierClaims.indexOf('sid')
const timeoutMsDefault = 500
const contentMember = /^(\d{1,16})(?::([0-9a-f]{32}))?$/

/** Makes the option `revocations` of a verifier. */
export function redisRevocations({
  client,
  timeoutMs = timeoutMsDefault,
}: RedisRevocationsOptions) {
  return ({ issuer, onEvent }: RevocationsParts): Revocations => {
    const keysOf = rememberKeys(issuer)
    const state = { connected: false, wasFresh: false, isFresh: false }

    function tell(fresh: boolean): void {
      if (fresh === state.isFresh) return
      state.isFresh = fresh
      state.wasFresh = true
      onEvent(fresh ? { kind: 'view_fresh' } : { kind: 'view_stale' })
    }

    return {
      async standing(token) {
        const keys = keysOf(token)
        const values = await within(timeoutMs, () => client.mGet(keys))
        state.connected = values !== undefined
        const standing = values === undefined ? 'stale' : judge(values, keys, token)
        if (standing === 'alive' || standing === 'stale') tell(standing === 'alive')
        return standing === 'stale' && !state.wasFresh ? 'blind' : standing
      },
      latestNowMs: ({ wallMs }) => wallMs,
      // There is nothing to load: the first request knows as much as any other.
      begun: Promise.resolve(),
      state: () => ({
        connected: state.connected,
        reconnects: 0,
        ageSeconds: undefined,
        entries: 0,
        bytes: 0,
      }),
      close: () => undefined,
    }
  }
}

/** What the values of its keys say about a token. */
function judge([fresh, ...values]: Values, keys: string[], { token }: KnownToken): Standing {
  if (values.length !== keys.length - 1) return 'blind'
  if (values.slice(0, exactCount).some((value) => value !== null)) return 'revoked'
  const session = keys[1 + sessionIndex]?.slice(prefix.length)
  for (const value of values.slice(exactCount)) {
    for (const member of value?.split(' ') ?? []) {
      const [, position, goesOn] = contentMember.exec(member) ?? []
      if (position === undefined) return 'blind'
      if (Number(position) > token.claims.rev && (goesOn === undefined || goesOn !== session)) {
        return 'revoked'
      }
    }
  }
  return fresh === null ? 'stale' : 'alive'
}

/** The keys of a token: of freshness, of each claim in the order of `identifierClaims`, of everything. Made once per token. */
function rememberKeys(issuer: string): (token: KnownToken) => string[] {
  const fresh = `${prefix}fresh:${issuer}`
  const everything = prefix + hashIdentifier(issuer, 'iss', issuer).toString('hex')
  const known = new WeakMap<KnownToken, string[]>()
  return (token) => {
    const remembered = known.get(token)
    if (remembered !== undefined) return remembered
    const keys = [fresh]
    for (let offset = 0; offset < everythingOffset; offset += hashWords) {
      const words = token.words.slice(offset, offset + hashWords)
      keys.push(prefix + words.map((word) => (word >>> 0).toString(16).padStart(8, '0')).join(''))
    }
    keys.push(everything)
    known.set(token, keys)
    return keys
  }
}

/** What the call yields; undefined where it fails, or takes longer. */
async function within(timeoutMs: number, call: () => Promise<Values>): Promise<Values | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, undefined)
  })
  try {
    return await Promise.race([call(), late])
  } catch {
    return undefined
  } finally {
    clearTimeout(timer)
  }
}
