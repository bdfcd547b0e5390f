/**
 * What a client asks for that is not within its record, when it mints. Everything is said at once.
 *
 * Specs: RFC 9068 §3 (audience), RFC 7519 §4 (claim names).
 */

import type { JsonValue } from '@bufbuild/protobuf'
import { lifetimeOf } from '../clients/access-token-lifetime.ts'
import { isReservedClaim } from '../clients/claim-names.ts'
import type { Config } from '../config/config.ts'
import type { Violation } from '../errors.ts'
import { checkPrintable } from '../users/printable.ts'
import { apiAudience } from './access-token.ts'
import type { Mint, MintingClient } from './mint-tokens.ts'

const claimsBytesMax = 2048
/** What Signet calls proofs of its own. */
const ownProvider = 'signet'

/** One violation for each thing that is wrong. */
export function mintViolations(config: Config, client: MintingClient, mint: Mint): Violation[] {
  return [
    ...textViolations(mint),
    ...providerViolations(client, mint),
    ...audienceViolations(config, client),
    ...scopeViolations(client, mint),
    ...claimViolations(client, mint),
    ...lifetimeViolations(config, client, mint),
  ]
}

function textViolations({ sub, email, claims }: Mint): Violation[] {
  const found = [...checkPrintable('sub', sub), ...checkPrintable('email', email ?? '')]
  if (isStorable(claims)) return found
  const message = 'A claim contains NUL or half a character. Remove it.'
  return [...found, { field: 'claims', rule: 'text.printable', message }]
}

/** Whether the database takes this as JSON. Line breaks are fine in a claim. */
function isStorable(value: JsonValue): boolean {
  if (typeof value === 'string') return value.isWellFormed() && !value.includes('\0')
  if (typeof value !== 'object' || value === null) return true
  if (Array.isArray(value)) return value.every(isStorable)
  return Object.entries(value).every((member) => isStorable(member))
}

function providerViolations(client: MintingClient, { provider }: Mint): Violation[] {
  if (provider !== ownProvider && !client.foreignProvider) return []
  const message = 'This is the namespace of somebody else. Name what this service has asked itself.'
  return [violation('provider', 'foreign_namespace', message)]
}

/** A fault of the record, not of the call; the words are for the operator who reads them in the service's log. */
function audienceViolations({ issuer }: Config, { audiences }: MintingClient): Violation[] {
  if (audiences.length === 0) {
    const message =
      'This client has no audience. Register one that has: signet client create --audience.'
    return [violation('', 'no_audience', message)]
  }
  if (!audiences.some((audience) => [issuer, apiAudience(issuer)].includes(audience))) return []
  const message =
    "Nobody mints tokens for Signet's own API. Register a client with other audiences."
  return [violation('', 'own_audience', message)]
}

function scopeViolations(client: MintingClient, { scopes = [] }: Mint): Violation[] {
  return scopes
    .filter((scope) => !client.scopes.includes(scope))
    .map((scope) => {
      const message = `${JSON.stringify(scope)} is none of this client's scopes.`
      return violation('scopes', 'scope', message)
    })
}

function claimViolations(client: MintingClient, { claims }: Mint): Violation[] {
  const found = Object.keys(claims).flatMap((name) => {
    if (isReservedClaim(name)) {
      const message = `${JSON.stringify(name)} is a claim that no service writes.`
      return [violation('claims', 'claim_reserved', message)]
    }
    if (client.claims.includes(name)) return []
    const message = `${JSON.stringify(name)} is none of this client's claims.`
    return [violation('claims', 'claim', message)]
  })
  if (Buffer.byteLength(JSON.stringify(claims)) > claimsBytesMax) {
    const message = `The claims have more than ${claimsBytesMax} bytes of JSON.`
    found.push(violation('claims', 'claims_size', message))
  }
  return found
}

function lifetimeViolations(
  config: Config,
  client: MintingClient,
  { lifetimeSeconds }: Mint,
): Violation[] {
  const max = lifetimeOf(config, client)
  if (lifetimeSeconds === undefined || lifetimeSeconds <= max) return []
  const message = `Access tokens of this client live for at most ${max} seconds.`
  return [violation('lifetimeSeconds', 'lifetime', message)]
}

function violation(field: string, rule: string, message: string): Violation {
  return { field, rule: `mint.${rule}`, message }
}
