/**
 * What the authorization server says about itself, so that clients set themselves up.
 *
 * The same document for OpenID Connect and for OAuth 2.0: each finds the members that it knows. It says what is so, and
 * nothing that is to come.
 *
 * Specs: OpenID Connect Discovery 1.0 §3 and §4, RP-Initiated Logout 1.0 §2.1, Back-Channel Logout 1.0 §2.1, RFC 8414 §2 and §3, RFC 9207 §3, RFC 8707, Initiating User Registration 1.0 §3.
 */

import type { FastifyInstance } from 'fastify'
import { grantTypes, responseModes } from '../clients/authorization-violations.ts'
import { assertionAlgorithms } from '../clients/client-assertion.ts'
import { signingAlgorithms } from '../crypto/jws.ts'
import { assurances } from '../sessions/start-session.ts'
import { prompts } from './authorization-request.ts'
import { endpoints, metadataPaths, userinfoAddress } from './endpoints.ts'
import { scopesOfClaims, standardClaims } from './standard-claims.ts'

const cacheLifetimeSeconds = 300

/** Serves the document at both of its places. */
export function mountDiscovery(
  fastify: FastifyInstance,
  issuer: string,
  uiLocales: readonly string[],
): void {
  const document = JSON.stringify(metadataOf(issuer, uiLocales))
  for (const path of metadataPaths)
    fastify.get(path, async (_request, reply) =>
      reply
        .header('cache-control', `public, max-age=${cacheLifetimeSeconds}`)
        .type('application/json; charset=utf-8')
        .send(document),
    )
}

function metadataOf(issuer: string, uiLocales: readonly string[]) {
  const clientMethods = ['client_secret_basic', 'client_secret_post', 'private_key_jwt']
  return {
    issuer,
    authorization_endpoint: issuer + endpoints.authorization,
    token_endpoint: issuer + endpoints.token,
    userinfo_endpoint: userinfoAddress(issuer),
    jwks_uri: issuer + endpoints.jwks,
    introspection_endpoint: issuer + endpoints.introspection,
    end_session_endpoint: issuer + endpoints.endSession,
    revocation_endpoint: issuer + endpoints.revocation,
    scopes_supported: ['openid', ...scopesOfClaims(Object.keys(standardClaims)), 'offline_access'],
    response_types_supported: ['code'],
    response_modes_supported: responseModes,
    grant_types_supported: grantTypes,
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: signingAlgorithms,
    token_endpoint_auth_methods_supported: ['none', ...clientMethods],
    token_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
    introspection_endpoint_auth_methods_supported: clientMethods,
    introspection_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
    revocation_endpoint_auth_methods_supported: ['none', ...clientMethods],
    revocation_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
    code_challenge_methods_supported: ['S256'],
    acr_values_supported: assurances,
    claim_types_supported: ['normal'],
    claims_supported: [
      ...['iss', 'sub', 'aud', 'exp', 'iat', 'auth_time', 'nonce', 'acr', 'amr', 'sid', 'at_hash'],
      ...Object.keys(standardClaims),
    ],
    claims_parameter_supported: true,
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
    require_request_uri_registration: false,
    authorization_response_iss_parameter_supported: true,
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
    prompt_values_supported: ['none', ...prompts],
    ui_locales_supported: uiLocales,
    service_documentation: `${issuer}/docs/api`,
  }
}
