/**
 * What is wrong with the part of a client's record that the authorization server works with: its addresses, grant types,
 * response modes and keys.
 *
 * Specs: RFC 7591 §2 (client metadata), RFC 9700 §2.1 and §2.1.1, OpenID Connect RP-Initiated Logout 1.0 §3.1, Back-Channel
 * Logout 1.0 §2.2.
 */

import { createPublicKey, type JsonWebKey } from 'node:crypto'
import type { Json } from '../db/query.ts'
import type { Violation } from '../errors.ts'
import { usableAlgorithms } from './client-keys.ts'
import { isRedirectUri } from './redirect-uri.ts'
import type { NewClient } from './register-client.ts'

/** What a client may exchange for tokens (RFC 7591 §2). */
export const grantTypes = ['authorization_code', 'refresh_token', 'client_credentials'] as const
export type GrantType = (typeof grantTypes)[number]

/** How an answer of the authorization endpoint travels (OAuth 2.0 Form Post Response Mode §2). */
export const responseModes = ['query', 'form_post'] as const
export type ResponseMode = (typeof responseModes)[number]

const addressesMax = 20
const addressLengthMax = 1000
const keysMax = 10

/** One violation for each thing that is wrong. */
export function authorizationViolations(client: NewClient): Violation[] {
  return [
    ...redirectViolations('redirectUris', client.redirectUris, client),
    ...redirectViolations('postLogoutRedirectUris', client.postLogoutRedirectUris, client),
    ...addressViolations(client),
    ...grantViolations(client),
    ...keyViolations(client),
  ]
}

function redirectViolations(
  field: string,
  uris: readonly string[],
  { type }: NewClient,
): Violation[] {
  const found = uris
    .filter((uri) => !isRedirectUri(uri, { isPublic: type === 'public' }))
    .map((uri) => {
      const message = `${JSON.stringify(uri)} cannot be an address to return to: https, or http at a loopback address, written as a browser writes it, without fragment, wildcard and credentials.`
      return { field, rule: 'client.redirect_uri', message }
    })
  if (uris.length > addressesMax) {
    const message = `A client has at most ${addressesMax} addresses to return to.`
    found.push({ field, rule: 'client.redirect_uris_max', message })
  }
  return found
}

const addressFields = [
  'backchannelLogoutUri',
  'jwksUri',
  'clientUri',
  'logoUri',
  'policyUri',
  'tosUri',
] as const

function addressViolations(client: NewClient): Violation[] {
  return addressFields.flatMap((field) => {
    const text = client[field]
    if (text === undefined || isWebAddress(text)) return []
    const message = `${JSON.stringify(text)} is no web address: https (http only at a loopback address), without fragment and credentials.`
    return [{ field, rule: 'client.address', message }]
  })
}

function isWebAddress(text: string): boolean {
  return text.length <= addressLengthMax && isRedirectUri(text, { isPublic: false })
}

function grantViolations(client: NewClient): Violation[] {
  const { type, grantTypes, redirectUris, responseModes, pkceRequired } = client
  const found: Violation[] = []
  const refuse = (field: string, rule: string, message: string) =>
    found.push({ field, rule: `client.${rule}`, message })
  const asks = grantTypes.includes('authorization_code')
  if (redirectUris.length > 0 && !asks)
    refuse(
      'grantTypes',
      'code_without_grant',
      'A client with addresses to return to uses authorization codes.',
    )
  if (type === 'public' && grantTypes.includes('client_credentials'))
    refuse('grantTypes', 'credentials_of_public', 'A public client has no credentials of its own.')
  if (type === 'service' && (asks || grantTypes.includes('refresh_token')))
    refuse('grantTypes', 'code_of_service', 'A service acts for itself; nobody signs in to it.')
  if (!pkceRequired && type !== 'confidential')
    refuse('pkceRequired', 'pkce', 'Only a confidential client may do without PKCE.')
  if (asks && responseModes.length === 0)
    refuse('responseModes', 'response_mode', 'An answer travels by query or by form_post.')
  return found
}

function keyViolations({ type, jwks, jwksUri }: NewClient): Violation[] {
  if (jwks === undefined && jwksUri === undefined) return []
  const found: Violation[] = []
  const refuse = (rule: string, message: string) =>
    found.push({ field: 'jwks', rule: `client.${rule}`, message })
  if (type === 'public')
    refuse('keys_of_public', 'A public client has no keys to prove itself with.')
  if (jwks !== undefined && jwksUri !== undefined)
    refuse('two_key_sets', 'The keys are given, or an address that publishes them, not both.')
  if (jwks !== undefined && !isPublicKeySet(jwks))
    refuse(
      'jwks',
      `A key set has 1 to ${keysMax} public keys for signing: EC P-256, Ed25519, or RSA of 2048 to 8192 bits with an exponent of at least 65537.`,
    )
  return found
}

/** Whether it is a JWK set (RFC 7517 §5) of public signing keys, and holds no private part by mistake. */
function isPublicKeySet(jwks: Json): boolean {
  const { keys } = (jwks ?? {}) as { keys?: unknown }
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > keysMax) return false
  return keys.every(isPublicKey)
}

function isPublicKey(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const jwk = value as Record<string, unknown>
  if (privateMembers.some((name) => name in jwk)) return false
  if (jwk.use !== undefined && jwk.use !== 'sig') return false
  try {
    // It fails for a point that is not on its curve, and for whatever else is no key (RFC 8725 §3.4).
    return usableAlgorithms(createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' })).length > 0
  } catch {
    return false
  }
}

const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']
