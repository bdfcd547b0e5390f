/**
 * What OpenID providers publish of themselves: where they are asked (OpenID Connect Discovery 1.0 §3 and §4), and the keys that they
 * sign with. Kept as `outbound/kept-documents.ts` says; for a key that is not in a set, the set is read anew.
 */

import type { Logger } from 'pino'
import type { ClientKey } from '../clients/client-assertion.ts'
import { keySetMediaTypes, parseKeySet } from '../clients/client-keys.ts'
import type { Json } from '../db/query.ts'
import type { GuardedFetch } from '../outbound/guarded-fetch.ts'
import { type KeptDocuments, keepDocuments, readDocument } from '../outbound/kept-documents.ts'

/** As much of a discovery document as is used. */
export interface DiscoveryDocument {
  issuer: string
  authorization_endpoint: string
  token_endpoint: string
  jwks_uri: string
  userinfo_endpoint?: string
  authorization_response_iss_parameter_supported: boolean
  /** Undefined where it does not say. */
  token_endpoint_auth_methods_supported?: string[]
  code_challenge_methods_supported?: string[]
}

/** A key that a provider signs with. */
export interface ProviderKey extends ClientKey {
  /** The one issuer that it signs for, where the set says so, as Microsoft's does (`{tenantid}` stands for any tenant). */
  issuer: string | undefined
}

export interface ProviderDocuments {
  discovery: KeptDocuments<DiscoveryDocument>
  keys: KeptDocuments<ProviderKey[]>
}

const documentsMax = 200
const keysMax = 50
const coolDownMs = 5_000

const discoveryKind = { mediaTypes: ['application/json'], parse: parseDiscovery }
const keySetKind = { mediaTypes: keySetMediaTypes, parse: parseProviderKeys }

/** An empty memory. */
export function openProviderDocuments(options: {
  fetch: GuardedFetch
  log: Pick<Logger, 'warn'>
  clock: (() => number) | undefined
}): ProviderDocuments {
  const limits = { documentsMax, coolDownMs }
  const discovery = { ...discoveryKind, what: 'the discovery document of a provider' }
  const keys = { ...keySetKind, what: 'the key set of a provider' }
  return {
    discovery: keepDocuments({ ...options, ...limits, ...discovery }),
    keys: keepDocuments({ ...options, ...limits, ...keys }),
  }
}

/** Both documents of a provider as they are at this moment. */
export async function readDiscovery(fetch: GuardedFetch, url: string): Promise<DiscoveryDocument> {
  return (await readDocument(url, { fetch, ...discoveryKind })).document
}

export async function readKeySet(fetch: GuardedFetch, url: string): Promise<ProviderKey[]> {
  return (await readDocument(url, { fetch, ...keySetKind })).document
}

function parseDiscovery(document: Json): DiscoveryDocument {
  const said = (document ?? {}) as Record<string, Json | undefined>
  const address = (name: string) => {
    const value = said[name]
    if (typeof value === 'string' && /^https?:$/u.test(URL.parse(value)?.protocol ?? ''))
      return value
    throw new Error(`the discovery document names no ${name}`)
  }
  const list = (name: string) => {
    const value = said[name]
    return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : undefined
  }
  const issuer = said.issuer
  if (typeof issuer !== 'string') throw new Error('the discovery document names no issuer')
  const methods = list('token_endpoint_auth_methods_supported')
  const challenges = list('code_challenge_methods_supported')
  return {
    issuer,
    authorization_endpoint: address('authorization_endpoint'),
    token_endpoint: address('token_endpoint'),
    jwks_uri: address('jwks_uri'),
    ...(said.userinfo_endpoint !== undefined && {
      userinfo_endpoint: address('userinfo_endpoint'),
    }),
    authorization_response_iss_parameter_supported:
      said.authorization_response_iss_parameter_supported === true,
    ...(methods && { token_endpoint_auth_methods_supported: methods }),
    ...(challenges && { code_challenge_methods_supported: challenges }),
  }
}

function parseProviderKeys(document: Json): ProviderKey[] {
  const { keys } = (document ?? {}) as { keys?: Json }
  if (!Array.isArray(keys)) throw new Error('the answer is no key set')
  return keys.slice(0, keysMax).flatMap((jwk) => {
    const { issuer } = (jwk ?? {}) as { issuer?: Json }
    const said = typeof issuer === 'string' ? issuer : undefined
    return parseKeySet({ keys: [jwk] }).map((key) => ({ ...key, issuer: said }))
  })
}
