/** `openid-client` for one question to one provider, and what its errors mean. */

import * as openid from 'openid-client'
import { FetchFailed } from '../outbound/guarded-fetch.ts'
import type { IdentityProvider } from './identity-provider.ts'
import { type Aside, providerFetch } from './provider-fetch.ts'
import { clientSecretOf, type Reached } from './reach-provider.ts'
import { type UpstreamParts, UpstreamRefused } from './upstream.ts'

/**
 * A configuration is made for each question, because that costs nothing beside asking: a secret that was changed counts at once,
 * and none lies about.
 */
export function openProviderClient(
  { fetch, now }: Pick<UpstreamParts, 'fetch' | 'now'>,
  provider: IdentityProvider,
  { profile, server }: Reached,
): { configuration: openid.Configuration; aside: Aside } {
  const aside: Aside = {}
  const secret = clientSecretOf(profile, provider, now())
  const configuration = new openid.Configuration(
    { ...server },
    provider.clientId,
    undefined,
    provesByHeader(profile, server)
      ? openid.ClientSecretBasic(secret)
      : openid.ClientSecretPost(secret),
  )
  configuration[openid.customFetch] = providerFetch(fetch, profile, aside)
  // The guarded way out has the last word on http; it allows it at a loopback address that an operator has named.
  if (server.issuer.startsWith('http:')) openid.allowInsecureRequests(configuration)
  return { configuration, aside }
}

function provesByHeader(profile: Reached['profile'], server: Reached['server']): boolean {
  if (profile.clientAuthentication === 'post') return false
  const methods =
    'token_endpoint_auth_methods_supported' in server
      ? server.token_endpoint_auth_methods_supported
      : undefined
  // What is left out means the header (OpenID Connect Discovery 1.0 §3).
  return !(methods ?? ['client_secret_basic']).includes('client_secret_post')
}

const deniedErrors = ['access_denied', 'user_cancelled_login', 'user_cancelled_authorize']
const unreachableErrors = ['server_error', 'temporarily_unavailable', 'slow_down']
const configurationErrors = [
  'invalid_client',
  'unauthorized_client',
  'invalid_request',
  'invalid_scope',
  'unsupported_grant_type',
  'unsupported_response_type',
  'unsupported_response_mode',
  'redirect_uri_mismatch',
  'application_suspended',
  'deleted_client',
  'org_internal',
]

/** The refusal that an error of `openid-client` or of the way out is. `secrets` are blotted out wherever a provider repeats them. */
export function refusalOf(error: unknown, secrets: readonly string[]): UpstreamRefused {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof UpstreamRefused) return cause
    if (cause instanceof FetchFailed)
      return new UpstreamRefused(
        cause.kind === 'forbidden' ? 'configuration' : 'unreachable',
        cause.message,
      )
    if (
      cause instanceof openid.AuthorizationResponseError ||
      cause instanceof openid.ResponseBodyError
    )
      return refusedBy(cause, secrets)
  }
  if (error instanceof openid.ClientError) return refusedByLibrary(error)
  // It throws these over what came, too, such as a parameter that is there twice.
  if (error instanceof TypeError) return new UpstreamRefused('answer', error.message)
  throw error
}

function refusedBy(
  {
    error,
    error_description: about = '',
  }: openid.AuthorizationResponseError | openid.ResponseBodyError,
  secrets: readonly string[],
): UpstreamRefused {
  const message = `the provider says ${error}: ${about}`
  const kind = deniedErrors.includes(error)
    ? 'denied'
    : unreachableErrors.includes(error)
      ? 'unreachable'
      : configurationErrors.includes(error)
        ? 'configuration'
        : 'answer'
  return new UpstreamRefused(kind, legible(message, secrets))
}

/** By its code and the sentence below it; none of the two repeats what came. */
function refusedByLibrary(error: openid.ClientError): UpstreamRefused {
  const { code = '', cause } = error
  const status = cause instanceof Response ? cause.status : undefined
  const inner = cause instanceof Error ? cause.message : error.message
  // A refusal that is no OAuth error: nothing is where the token endpoint should be, or it does not take such requests.
  if (status !== undefined && [401, 403, 404, 405, 406, 415].includes(status))
    return new UpstreamRefused('configuration', `the provider answers ${status}`)
  return new UpstreamRefused('answer', `${inner}${code && ` (${code})`}`)
}

const aboutLengthMax = 300

/** One line, of a length that can be read, without secrets. */
function legible(text: string, secrets: readonly string[]): string {
  let clean = text
  for (const secret of secrets) if (secret !== '') clean = clean.replaceAll(secret, '[redacted]')
  const line = clean.replace(/[\p{C}\s]+/gu, ' ').trim()
  return line.length > aboutLengthMax ? `${line.slice(0, aboutLengthMax)}…` : line
}
