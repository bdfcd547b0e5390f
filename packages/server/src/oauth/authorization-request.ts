/**
 * An authorization request: what a client asks a person for, read and judged in the order of the specifications.
 *
 * Read from its parameters alone (`parseAuthorizationRequest`):
 * 1. A parameter that comes twice is refused, but for `resource`; an empty one counts as missing; an unknown one is ignored.
 * 2. `response_type` is `code`. Request objects are not taken.
 * 3. Everything else has its shape.
 *
 * Judged against the record of the client (`judgeAuthorizationRequest`), each time that the request goes on: grant type,
 * response mode, PKCE, scopes, resources.
 *
 * Client and redirect URI come before all of that (`authorize-endpoint.ts`): until they are known to belong together, nothing is
 * sent anywhere.
 *
 * Errors: AuthorizationError, with the `error` that the client is told.
 * Specs: RFC 6749 §4.1.1 and §4.1.2.1, OAuth 2.1 §4.1, OpenID Connect Core 1.0 §3.1.2.1 and §6, RFC 7636 §4.3, RFC 8707 §2.
 */

import { type ResponseMode, responseModes } from '../clients/authorization-violations.ts'
import type { AuthorizationClient } from '../clients/client-of-redirect.ts'
import type { Json } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import type { ClientId, SessionId } from '../ids.ts'
import { isSignetScope } from '../signet-scopes.ts'
import { apiAudience } from '../tokens/access-token.ts'
import { userinfoAddress } from './endpoints.ts'

/** What a client may have a person do; `none` stands alone, and is `silent` in a request. */
export const prompts = ['login', 'consent', 'select_account', 'create'] as const
export type Prompt = (typeof prompts)[number]

/** What was asked for. It is JSON, so that it can travel through the browser (`sealed-request.ts`). */
export interface AuthorizationRequest {
  clientId: ClientId
  redirectUri: string
  responseMode: ResponseMode
  scopes: string[]
  /** Absolute URIs (RFC 8707); none: whomever the client's tokens are for. */
  resources: string[]
  state?: string
  nonce?: string
  /** base64url of SHA-256 (RFC 7636 §4.2). */
  codeChallenge?: string
  /** `prompt=none`: no page may be shown. */
  silent: boolean
  prompts: Prompt[]
  maxAgeSeconds?: number
  loginHint?: string
  /** Not verified yet. */
  idTokenHint?: string
  acrValues: string[]
  uiLocales: string[]
  claims?: RequestedClaims
  /** When it came, in milliseconds since 1970: what it prompts for must have happened since. */
  requestedAtMs: number
  /** The session that the person chose for it. */
  chosenSession?: SessionId
}

/** The claims asked for one by one (OpenID Connect Core 1.0 §5.5). */
export interface RequestedClaims {
  userinfo?: Record<string, Json>
  id_token?: Record<string, Json>
}

/** A request that the client hears was refused. The description is shown to whoever builds the client. */
export class AuthorizationError extends Error {
  override readonly name = 'AuthorizationError'
  readonly error: string
  readonly description: string

  constructor(error: string, description: string) {
    super(`${error}: ${description}`)
    this.error = error
    this.description = description
  }
}

/** Parameters by name; the ones that came twice apart. */
export interface Parameters {
  values: ReadonlyMap<string, string>
  resources: readonly string[]
  repeated: ReadonlySet<string>
}

/** The longest text of a client that is taken, in characters. */
export const textLengthMax = 2000
const claimsLengthMax = 4000
const requestLengthMax = 8000
const listMax = 50
const challengeForm = /^[A-Za-z0-9_-]{43}$/u

/** The parameters of a query or of a form. */
export function readParameters(given: URLSearchParams): Parameters {
  const values = new Map<string, string>()
  const repeated = new Set<string>()
  const resources: string[] = []
  for (const [name, value] of given) {
    if (value === '') continue
    if (name === 'resource') resources.push(value)
    else if (values.has(name)) repeated.add(name)
    else values.set(name, value)
  }
  return { values, resources, repeated }
}

type Where = Pick<AuthorizationRequest, 'clientId' | 'redirectUri'>

/** The request that these parameters make. Throws AuthorizationError. */
export function parseAuthorizationRequest(
  { values, resources, repeated }: Parameters,
  where: Where,
  now: Date,
): AuthorizationRequest {
  const [twice] = repeated
  if (twice !== undefined) throw invalid(`The parameter ${shown(twice)} is given twice.`)
  refuseOtherFlows(values)
  const prompted = listOf(values, 'prompt')
  const silent = prompted.includes('none')
  if (silent && prompted.length > 1) throw invalid('prompt=none does not go with another prompt.')
  const unknown = prompted.find((each) => each !== 'none' && !isPrompt(each))
  if (unknown !== undefined) throw invalid(`There is no prompt ${shown(unknown)}.`)
  const request = {
    ...where,
    responseMode: responseModeOf(values),
    scopes: listOf(values, 'scope'),
    resources: [...new Set(resources)].map(resourceOf),
    ...optional('state', text(values, 'state')),
    ...optional('nonce', text(values, 'nonce')),
    ...optional('codeChallenge', challengeOf(values)),
    silent,
    prompts: prompted.filter(isPrompt),
    ...optional('maxAgeSeconds', maxAgeOf(values)),
    ...optional('loginHint', text(values, 'login_hint')),
    ...optional('idTokenHint', values.get('id_token_hint')),
    acrValues: listOf(values, 'acr_values'),
    uiLocales: listOf(values, 'ui_locales'),
    ...optional('claims', claimsOf(values)),
    requestedAtMs: now.getTime(),
  }
  // It must fit into the address of a page.
  if (JSON.stringify(request).length > requestLengthMax) throw invalid('The request is too long.')
  return request
}

/** Throws AuthorizationError where the client may not ask for this. */
export function judgeAuthorizationRequest(
  { config }: Pick<Deps, 'config'>,
  client: AuthorizationClient,
  request: AuthorizationRequest,
): void {
  if (!client.grantTypes.includes('authorization_code'))
    throw new AuthorizationError(
      'unauthorized_client',
      'This client may not use authorization codes.',
    )
  if (!client.responseModes.includes(request.responseMode))
    throw invalid(`This client does not take answers by ${request.responseMode}.`)
  if (request.responseMode === 'form_post' && !takesForms(request.redirectUri))
    throw invalid('A form can be sent to http and https alone.')
  if (client.pkceRequired && request.codeChallenge === undefined)
    throw invalid('The parameter code_challenge is missing: PKCE with S256 is required.')
  if (request.scopes.length === 0)
    throw new AuthorizationError('invalid_scope', 'The parameter scope is missing.')
  const foreign = request.scopes.find((scope) => !client.scopes.includes(scope))
  if (foreign !== undefined)
    throw new AuthorizationError(
      'invalid_scope',
      `This client may not ask for the scope ${shown(foreign)}.`,
    )
  const allowed = new Set([...client.audiences, ...ownAudience(config.issuer, client)])
  const target = request.resources.find((resource) => !allowed.has(resource))
  if (target !== undefined)
    throw new AuthorizationError(
      'invalid_target',
      `This client gets no tokens for ${shown(target)}.`,
    )
  const audience = audienceOf({ config }, client, request)
  if (audience.length > 1 && audience.includes(apiAudience(config.issuer)))
    throw new AuthorizationError(
      'invalid_target',
      "A token for Signet's own API is for nothing else: ask for one resource at a time.",
    )
}

/** Whether a form can be sent there: to an app's own scheme it cannot. */
export function takesForms(redirectUri: string): boolean {
  return /^https?:/u.test(redirectUri)
}

/** Whom the access tokens are for. Without an audience of its own they are for what every client may ask: who the person is. */
export function audienceOf(
  { config }: Pick<Deps, 'config'>,
  client: AuthorizationClient,
  { resources }: Pick<AuthorizationRequest, 'resources'>,
): string[] {
  if (resources.length > 0) return [...resources]
  return client.audiences.length > 0 ? client.audiences : [userinfoAddress(config.issuer)]
}

/** Signet's own API is for our own apps, and for those that were given a scope of it. */
function ownAudience(issuer: string, { firstParty, scopes }: AuthorizationClient): string[] {
  const may = firstParty || scopes.some(isSignetScope)
  return may ? [apiAudience(issuer)] : []
}

function refuseOtherFlows(values: Parameters['values']): void {
  for (const name of ['request', 'request_uri', 'registration'] as const)
    if (values.has(name))
      throw new AuthorizationError(
        `${name}_not_supported`,
        `The parameter ${name} is not taken here.`,
      )
  const responseType = values.get('response_type')
  if (responseType === undefined) throw invalid('The parameter response_type is missing.')
  if (responseType !== 'code')
    throw new AuthorizationError(
      'unsupported_response_type',
      'The response_type is code, and no other.',
    )
}

function isPrompt(text: string): text is Prompt {
  return prompts.some((each) => each === text)
}

function responseModeOf(values: Parameters['values']): AuthorizationRequest['responseMode'] {
  const mode = values.get('response_mode') ?? 'query'
  const known = responseModes.find((each) => each === mode)
  if (known !== undefined) return known
  throw invalid('The response_mode is query or form_post.')
}

/** RFC 7636 §4.3: without a method it would be "plain", which proves nothing to whoever saw the request. */
function challengeOf(values: Parameters['values']): string | undefined {
  const challenge = values.get('code_challenge')
  const method = values.get('code_challenge_method')
  if (challenge === undefined) {
    if (method === undefined) return undefined
    throw invalid('A code_challenge_method comes with a code_challenge.')
  }
  if (method !== 'S256') throw invalid('The code_challenge_method is S256.')
  if (challengeForm.test(challenge)) return challenge
  throw invalid('The code_challenge is base64url of a SHA-256: 43 characters.')
}

function maxAgeOf(values: Parameters['values']): number | undefined {
  const given = values.get('max_age')
  if (given === undefined) return undefined
  if (/^\d{1,9}$/u.test(given)) return Number(given)
  throw invalid('max_age is a whole number of seconds.')
}

function claimsOf(values: Parameters['values']): RequestedClaims | undefined {
  const given = values.get('claims')
  if (given === undefined) return undefined
  if (given.length > claimsLengthMax) throw invalid('The parameter claims is too long.')
  const parsed = objectOf(parseJson(given))
  if (parsed === undefined) throw invalid('The parameter claims is no JSON object.')
  const { userinfo = {}, id_token = {} } = parsed
  const members = [objectOf(userinfo ?? {}), objectOf(id_token ?? {})]
  const [asked, stated] = members
  if (asked === undefined || stated === undefined)
    throw invalid('In the parameter claims, userinfo and id_token are objects.')
  return { userinfo: asked, id_token: stated }
}

function parseJson(given: string): Json | undefined {
  try {
    return JSON.parse(given) as Json
  } catch {
    return undefined
  }
}

function objectOf(value: Json | undefined): Record<string, Json> | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject ? value : undefined
}

function resourceOf(given: string): string {
  const isAbsolute = given.length <= textLengthMax && URL.canParse(given) && !given.includes('#')
  if (isAbsolute) return given
  throw new AuthorizationError('invalid_target', 'A resource is an absolute URI without fragment.')
}

function listOf(values: Parameters['values'], name: string): string[] {
  const list =
    text(values, name)
      ?.split(' ')
      .filter((each) => each !== '') ?? []
  if (list.length > listMax) throw invalid(`The parameter ${name} names too many.`)
  return [...new Set(list)]
}

function text(values: Parameters['values'], name: string): string | undefined {
  const value = values.get(name)
  if (value === undefined || value.length <= textLengthMax) return value
  throw invalid(`The parameter ${name} is longer than ${textLengthMax} characters.`)
}

function optional<K extends string, T>(name: K, value: T | undefined): { [name in K]?: T } {
  return (value === undefined ? {} : { [name]: value }) as { [name in K]?: T }
}

/** What somebody sent, as it may stand in a description (RFC 6749 §4.1.2.1: no quotation marks, no backslashes). */
function shown(given: string): string {
  return given.replaceAll(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/gu, '?').slice(0, 80)
}

function invalid(description: string): AuthorizationError {
  return new AuthorizationError('invalid_request', description)
}
