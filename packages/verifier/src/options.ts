/**
 * What a verifier is made with, and what is refused: everything that could not work, or would be unsafe, before the first
 * request comes.
 *
 * Errors: TypeError with a sentence that names the option.
 * Specs: RFC 8414 §2 (an issuer is an https URL without query and fragment), RFC 8725 §3.1 and §3.2.
 */

import type { Clock } from './clock.ts'
import type { VerifierEvent } from './events.ts'
import type { Freshness } from './requirements.ts'
import type { Revocations } from './revocations.ts'
import type { Algorithm } from './signature.ts'
import type { RolePermissions } from './verified-token.ts'

export interface VerifierOptions {
  /** The `iss` of the tokens, letter by letter, such as `https://accounts.example.com`. */
  issuer: string
  /** What tokens for this service have in `aud`: one name, or several. */
  audience: string | readonly string[]
  /** The client that this service is at Signet; it needs the permission `revocations.read`. Not needed with `revocations`. */
  client?: { id: string; secret: string }
  /** Where Signet is reached, if that is not the issuer's address. */
  url?: string
  /** Allows http to other hosts than this one. Keys and credentials then cross the network in the clear. */
  allowHttp?: boolean
  /** What this service is called in receipts and in `signet status`. */
  name?: string
  /** Algorithms that are accepted; ES256 unless given. */
  algorithms?: readonly Algorithm[]
  /** Which of your permissions a role gives, such as `{ clerk: ['invoices.read'] }`. */
  permissions?: RolePermissions
  /** Seconds that the view of what was revoked may be old: 1 to 3600, 10 unless given. */
  stalenessBudgetSeconds?: number
  /** What happens beyond that, on routes that do not say; `deny` unless given. */
  freshness?: Freshness
  /** Tokens whose verification is remembered, 20,000 unless given; about 2 kB each. */
  knownTokensMax?: number
  /** Live revocations that are held, 4,000,000 unless given; about 50 bytes each. More are an error, and the view goes stale. */
  entriesMax?: number
  /** Another source of revocations than the feed; see `@signet/verifier/redis`. */
  revocations?: (parts: RevocationsParts) => Revocations
  /** Told what an operator should know. It must not throw. */
  onEvent?: (event: VerifierEvent) => void
  /** Another fetch, such as one that goes through a proxy. */
  fetch?: typeof fetch
  /** For tests. */
  clock?: Clock
}

export interface RevocationsParts {
  issuer: string
  clock: Clock
  onEvent(event: VerifierEvent): void
}

const algorithmNames: readonly string[] = ['ES256', 'RS256', 'EdDSA'] satisfies Algorithm[]
const freshnessNames: readonly string[] = ['deny', 'introspect', 'allow'] satisfies Freshness[]

/** Throws where an option is wrong. */
export function assertOptions(options: VerifierOptions): void {
  const { issuer, audience, client, url = issuer, algorithms, freshness } = options
  assertUrl('issuer', issuer, options)
  assertUrl('url', url, options)
  const audiences = [audience].flat()
  if (audiences.length === 0 || audiences.some((name) => !isText(name))) {
    throw new TypeError('audience: name what tokens for this service have in "aud"')
  }
  if (options.revocations === undefined && !(isText(client?.id) && isText(client?.secret))) {
    throw new TypeError('client: the feed is read with the id and the secret of a client')
  }
  if (algorithms?.length === 0 || algorithms?.some((name) => !algorithmNames.includes(name))) {
    throw new TypeError(`algorithms: some of ${algorithmNames.join(', ')}`)
  }
  assertFreshness(freshness)
  assertWhole('stalenessBudgetSeconds', options.stalenessBudgetSeconds, 3600)
  assertWhole('knownTokensMax', options.knownTokensMax, 10_000_000)
  assertWhole('entriesMax', options.entriesMax, 100_000_000)
}

export function assertFreshness(freshness: string | undefined): void {
  if (freshness !== undefined && !freshnessNames.includes(freshness)) {
    throw new TypeError(`freshness: one of ${freshnessNames.join(', ')}`)
  }
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

function assertWhole(name: string, value: number | undefined, max: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= 1 && value <= max)) return
  throw new TypeError(`${name}: a whole number from 1 to ${max}`)
}

function assertUrl(name: string, text: string, { allowHttp = false }: VerifierOptions): void {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || url.search !== '' || url.hash !== '' || url.username !== '') {
    throw new TypeError(`${name}: a URL such as https://accounts.example.com`)
  }
  const isLoopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname)
  if (url.protocol === 'https:' || (url.protocol === 'http:' && (isLoopback || allowHttp))) return
  throw new TypeError(`${name}: https, or http on this machine; elsewhere only with allowHttp`)
}
