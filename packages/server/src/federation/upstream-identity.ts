/**
 * A person as Signet takes them over from a provider: of sizes that can be kept, and of characters that can be shown and stored.
 *
 * - The subject is refused where it is not 1 to 255 characters that can be shown: nobody could be found by it again.
 * - A name is shortened, an address or a picture that cannot be one is left out: neither identifies anybody.
 * - Of what the provider said, 16 KiB are kept. Where it is more, its largest parts are left out.
 */

import type { Json } from '../db/query.ts'
import { checkPrintable } from '../users/printable.ts'
import type { UpstreamIdentity } from './identity-provider.ts'
import type { JsonObject, Person } from './profiles/profile.ts'
import { UpstreamRefused } from './upstream.ts'

const subjectLengthMax = 255
const emailLengthMax = 254
const urlLengthMax = 2048
/** As the contract has it for names. */
const nameLengthMax = 100
const namesOfMethodsMax = 20
const claimsBytesMax = 16 * 1024
const depthMax = 10

interface Proved {
  issuer: string
  subject: string
  /** Claims that say how the person proved themselves. */
  proof: JsonObject
}

export function identityOf({ issuer, subject, proof }: Proved, person: Person): UpstreamIdentity {
  if (!isShort(subject, subjectLengthMax))
    throw new UpstreamRefused('answer', 'the subject is empty, too long, or cannot be shown')
  const email = isEmail(person.email) ? person.email : undefined
  const { amr, acr, sid } = proof
  return {
    issuer,
    subject,
    email,
    emailVerified: email !== undefined && person.emailVerified,
    name: shownName(person.name) || shownName(email?.slice(0, email.lastIndexOf('@'))),
    pictureUrl: isPicture(person.pictureUrl) ? person.pictureUrl : undefined,
    amr: Array.isArray(amr)
      ? amr.filter((each) => isShort(each, 64)).slice(0, namesOfMethodsMax)
      : [],
    acr: isShort(acr, 255) ? acr : undefined,
    sid: isShort(sid, 255) ? sid : undefined,
    claims: keptClaims(person.claims),
  }
}

function isShort(value: unknown, lengthMax: number): value is string {
  if (typeof value !== 'string' || value === '' || value.length > lengthMax) return false
  return checkPrintable('', value).length === 0
}

function isEmail(value: unknown): value is string {
  return isShort(value, emailLengthMax) && /^[^\s@]+@[^\s@]+$/u.test(value)
}

function isPicture(value: unknown): value is string {
  return isShort(value, urlLengthMax) && URL.parse(value)?.protocol === 'https:'
}

/** Without what cannot be shown, one space between words, cut where it is too long; empty where there is none. */
function shownName(value: unknown): string {
  if (typeof value !== 'string') return ''
  const shown = [...value.slice(0, 1000).toWellFormed()].filter(
    (character) => checkPrintable('', character).length === 0 || /\s/u.test(character),
  )
  const words = shown.join('').replace(/\s+/gu, ' ').trim()
  return [...words].slice(0, nameLengthMax).join('').trim()
}

function keptClaims(said: JsonObject): Json {
  const claims = storable(said, 0) as JsonObject
  const sizes = Object.entries(claims)
    .map(([name, value]) => ({ name, bytes: Buffer.byteLength(JSON.stringify({ [name]: value })) }))
    .sort((a, b) => a.bytes - b.bytes)
  let bytes = 0
  const kept: JsonObject = {}
  for (const { name, bytes: more } of sizes) {
    bytes += more
    if (bytes > claimsBytesMax) break
    kept[name] = claims[name] as Json
  }
  return kept
}

/** Without what Postgres cannot hold as JSON: NUL, lone surrogates; and nothing that is nested without end. */
function storable(value: Json, depth: number): Json {
  if (typeof value === 'string') return value.replaceAll('\0', '').toWellFormed()
  if (typeof value !== 'object' || value === null) return value
  if (depth === depthMax) return null
  if (Array.isArray(value)) return value.map((each) => storable(each, depth + 1))
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [
      storable(name, depth) as string,
      storable(each, depth + 1),
    ]),
  )
}
