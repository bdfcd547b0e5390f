/** Clients for tests, registered as the command line registers them. */

import type { ClientCredentials } from '../authorization-header.ts'
import { type NewClient, registerClient } from '../clients/register-client.ts'
import type { Deps } from '../deps.ts'
import type { ClientId } from '../ids.ts'
import type { ClientTokens } from '../request-context.ts'
import { testContext } from './deps.ts'

export interface TestClient extends ClientCredentials {
  clientId: ClientId
  /** The header that proves it is this client. */
  authorization: string
}

/** The record of a client that gets no tokens. */
export const noTokens: ClientTokens = {
  grantTypes: new Set(),
  scopes: [],
  audiences: [],
  signingAlgorithm: 'ES256',
  accessTokenLifetimeSeconds: undefined,
}

/** A record that says nothing beyond what it must. */
export function newClient(changes: Partial<NewClient> & Pick<NewClient, 'id'>): NewClient {
  return {
    name: changes.id,
    type: 'service',
    firstParty: false,
    directSignIn: false,
    confirming: false,
    subjectNamespace: undefined,
    signingAlgorithm: 'ES256',
    scopes: [],
    allowedOrigins: [],
    permissions: [],
    resources: [],
    audiences: [],
    claims: [],
    accessTokenLifetimeSeconds: undefined,
    grantTypes: [],
    redirectUris: [],
    postLogoutRedirectUris: [],
    backchannelLogoutUri: undefined,
    responseModes: ['query', 'form_post'],
    pkceRequired: true,
    jwks: undefined,
    jwksUri: undefined,
    clientUri: undefined,
    logoUri: undefined,
    policyUri: undefined,
    tosUri: undefined,
    ...changes,
  }
}

/** Registers a client, and answers what it proves itself with; a public one has an empty secret. */
export async function registerTestClient(
  deps: Pick<Deps, 'config' | 'db' | 'masterSecret'>,
  changes: Parameters<typeof newClient>[0],
): Promise<TestClient> {
  const { secret = '' } = await registerClient(
    deps,
    testContext({ caller: { kind: 'operator' } }),
    newClient(changes),
  )
  return credentialsOf(changes.id, secret)
}

/** Id and secret in every form. */
export function credentialsOf(id: string, clientSecret: string): TestClient {
  const authorization = `Basic ${Buffer.from(`${id}:${clientSecret}`).toString('base64')}`
  return { scheme: 'basic', clientId: id as ClientId, clientSecret, authorization }
}
