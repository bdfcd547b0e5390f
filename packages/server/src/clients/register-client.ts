/**
 * Registers a client, and gives it a secret where it can keep one.
 *
 * 1. Refuse what is malformed or contradicts itself, saying everything at once.
 * 2. In one transaction: the record, its first secret, the event.
 *
 * Errors: INVALID_ARGUMENT (rule `client.id_taken` where the id is).
 * Specs: RFC 6749 §2.1 (types), RFC 6454 §4 (origins), RFC 8725 §3.1 (one algorithm for each client).
 */

import { ErrorReason } from '@signet/contract'
import type { SigningAlgorithm } from '../crypto/jws.ts'
import type { Json } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import { SignetError, type Violation } from '../errors.ts'
import { recordEvent } from '../events/record-event.ts'
import type { ClientId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import {
  authorizationViolations,
  type GrantType,
  type ResponseMode,
} from './authorization-violations.ts'
import { isClientId } from './client-id.ts'
import { insertClient } from './clients.sql.ts'
import { addClientSecret } from './rotate-client-secret.ts'
import { serviceViolations } from './service-violations.ts'

export type ClientType = 'public' | 'confidential' | 'service'

export interface NewClient {
  id: string
  name: string
  type: ClientType
  /** Ours, and so allowed more: its tokens may be meant for Signet's own API. */
  firstParty: boolean
  /** Whether it may take passwords itself. */
  directSignIn: boolean
  /** Whether it confirms that a refresh token is stored. */
  confirming: boolean
  /** The namespace of the subjects for whom it may mint tokens. */
  subjectNamespace: string | undefined
  signingAlgorithm: SigningAlgorithm
  scopes: readonly string[]
  allowedOrigins: readonly string[]
  /** What it may do at Signet's own API. */
  permissions: readonly string[]
  /** The audiences that it is as a resource server, besides its own id. */
  resources: readonly string[]
  /** Whom the tokens are for that it mints. */
  audiences: readonly string[]
  /** The custom claims that it may put into them. */
  claims: readonly string[]
  /** Of its access tokens, at the most; undefined: as the installation is configured. */
  accessTokenLifetimeSeconds: number | undefined
  /** What it may exchange for tokens. */
  grantTypes: readonly GrantType[]
  /** Where answers of the authorization endpoint go, to the letter. */
  redirectUris: readonly string[]
  /** Where a browser may go after signing out. */
  postLogoutRedirectUris: readonly string[]
  /** Where it hears of the end of a session. */
  backchannelLogoutUri: string | undefined
  responseModes: readonly ResponseMode[]
  /** False only where `nonce` protects its codes instead. */
  pkceRequired: boolean
  /** Public keys that it signs with to prove who it is (RFC 7517 §5), or where they are published. With either it has no secret. */
  jwks: Json | undefined
  jwksUri: string | undefined
  /** What a person is shown before agreeing to anything. */
  clientUri: string | undefined
  logoUri: string | undefined
  policyUri: string | undefined
  tosUri: string | undefined
}

type ClientDeps = Pick<Deps, 'db' | 'masterSecret'>

const namespaceForm = /^[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?$/u
// RFC 6749 §3.3: printable ASCII but space, quotation mark and backslash.
const scopeForm = /^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/u
const nameLengthMax = 100

/** Registers the client. `secret` is shown this once; undefined for a public client, which cannot keep one. */
export async function registerClient(
  deps: ClientDeps,
  ctx: RequestContext,
  client: NewClient,
): Promise<{ secret: string | undefined }> {
  const violations = violationsOf(client)
  if (violations.length > 0) throw new SignetError(ErrorReason.INVALID_ARGUMENT, { violations })
  return deps.db.transaction(async (tx) => {
    const scopes = [...new Set(client.scopes)]
    const allowedOrigins = [...new Set(client.allowedOrigins)]
    const subjectNamespace = client.subjectNamespace ?? null
    const row = {
      ...client,
      ...authorizationColumns(client),
      scopes,
      allowedOrigins,
      subjectNamespace,
      permissions: [...new Set(client.permissions)],
      resources: [...new Set(client.resources)],
      audiences: [...new Set(client.audiences)],
      claims: [...new Set(client.claims)],
      accessTokenLifetimeSeconds: client.accessTokenLifetimeSeconds ?? null,
      now: ctx.now,
    }
    if ((await insertClient(tx, row)) === 0) {
      const taken = violation('id', 'id_taken', 'There is a client with this id. Choose another.')
      throw new SignetError(ErrorReason.INVALID_ARGUMENT, { violations: [taken] })
    }
    const clientId = client.id as ClientId
    const secret = keepsSecret(client) ? await addClientSecret(tx, ctx, { clientId }) : undefined
    const { type, signingAlgorithm, directSignIn } = client
    await recordEvent({ ...deps, db: tx }, ctx, {
      kind: 'client.created',
      outcome: 'success',
      clientId,
      details: { type, signingAlgorithm, directSignIn, scopes, permissions: row.permissions },
    })
    return { secret }
  })
}

/** Whether it proves who it is by a secret: not a public client, and not one that signs. */
function keepsSecret({ type, jwks, jwksUri }: NewClient): boolean {
  return type !== 'public' && jwks === undefined && jwksUri === undefined
}

function authorizationColumns(client: NewClient) {
  return {
    grantTypes: [...new Set(client.grantTypes)],
    redirectUris: [...new Set(client.redirectUris)],
    postLogoutRedirectUris: [...new Set(client.postLogoutRedirectUris)],
    responseModes: [...new Set(client.responseModes)],
    backchannelLogoutUri: client.backchannelLogoutUri ?? null,
    jwks: client.jwks ?? null,
    jwksUri: client.jwksUri ?? null,
    clientUri: client.clientUri ?? null,
    logoUri: client.logoUri ?? null,
    policyUri: client.policyUri ?? null,
    tosUri: client.tosUri ?? null,
  }
}

function violationsOf(client: NewClient): Violation[] {
  const found: Violation[] = []
  const expect = (holds: boolean, ...broken: Parameters<typeof violation>) => {
    if (!holds) found.push(violation(...broken))
  }
  const { id, name, subjectNamespace, scopes, allowedOrigins, type } = client
  const idSentence = 'An id has 1 to 63 lower-case letters, digits and hyphens between them.'
  expect(isClientId(id), 'id', 'id', idSentence)
  const isName = name.trim() !== '' && name.length <= nameLengthMax && !/[\p{C}]/u.test(name)
  expect(isName, 'name', 'name', `A name has 1 to ${nameLengthMax} characters that can be seen.`)
  const isNamespace = subjectNamespace === undefined || namespaceForm.test(subjectNamespace)
  const namespaceSentence =
    'A namespace has 1 to 63 lower-case letters, digits, dots and hyphens between them.'
  expect(isNamespace, 'subjectNamespace', 'subject_namespace', namespaceSentence)
  for (const scope of scopes) {
    const sentence = `${JSON.stringify(scope)} is no scope: printable ASCII without spaces, quotation marks or backslashes.`
    expect(scopeForm.test(scope), 'scopes', 'scope', sentence)
  }
  for (const origin of allowedOrigins) {
    const sentence = `${JSON.stringify(origin)} is no exact origin, such as https://app.example.com.`
    expect(isOrigin(origin), 'allowedOrigins', 'origin', sentence)
  }
  const mayTakePasswords = !client.directSignIn || (client.firstParty && type !== 'service')
  const directSentence = 'Only a first-party client that people use may take passwords itself.'
  expect(mayTakePasswords, 'directSignIn', 'direct_sign_in', directSentence)
  const namespaceNeeds = subjectNamespace === undefined || type === 'service'
  const mintSentence = 'Only a service speaks for subjects of its own.'
  expect(namespaceNeeds, 'subjectNamespace', 'namespace_of_service', mintSentence)
  return [...found, ...serviceViolations(client), ...authorizationViolations(client)]
}

function isOrigin(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && /^https?:$/u.test(url.protocol) && url.origin === text
}

export function violation(field: string, rule: string, message: string): Violation {
  return { field, rule: `client.${rule}`, message }
}
