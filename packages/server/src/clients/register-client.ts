/**
 * Registers a client, and gives it a secret where it can keep one.
 *
 * 1. Refuse permissions that the caller does not have.
 * 2. Refuse what is malformed or contradicts itself, saying everything at once.
 * 3. In one transaction: the record, its first secret, the job that fetches its logo, the event.
 *
 * Errors: PERMISSION_DENIED, INVALID_ARGUMENT (rule `client.id_taken` where the id is).
 * Specs: RFC 6749 §2.1 (types), RFC 6454 §4 (origins), RFC 8725 §3.1 (one algorithm for each client).
 */

import { ErrorReason } from '@signet/contract'
import type { SigningAlgorithm } from '../crypto/jws.ts'
import type { Json } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { recordEvent } from '../events/record-event.ts'
import type { ClientId } from '../ids.ts'
import { enqueue } from '../queue/enqueue.ts'
import type { RequestContext } from '../request-context.ts'
import { ownLifetimeOf } from './access-token-lifetime.ts'
import type { GrantType, ResponseMode } from './authorization-violations.ts'
import { clientViolations, violation } from './client-violations.ts'
import { insertClient } from './clients.sql.ts'
import { requireOwnPermissions } from './own-permissions.ts'
import { addClientSecret } from './rotate-client-secret.ts'

export type ClientType = 'public' | 'confidential' | 'service'

/** A client to register. */
export interface NewClient extends ClientRecord {
  id: string
  type: ClientType
}

/** What is known of a client. */
export interface ClientRecord {
  name: string
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
  /** Of its access tokens, at the most; undefined: as the installation is configured. A longer one is cut to that. */
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

type ClientDeps = Pick<Deps, 'config' | 'db' | 'masterSecret'>

/** Registers the client. `secret` is shown this once; undefined for a public client, which cannot keep one. */
export async function registerClient(
  deps: ClientDeps,
  ctx: RequestContext,
  client: NewClient,
): Promise<{ secret: string | undefined }> {
  requireOwnPermissions(ctx, client.permissions)
  const violations = clientViolations(client)
  if (violations.length > 0) throw new SignetError(ErrorReason.INVALID_ARGUMENT, { violations })
  return deps.db.transaction(async (tx) => {
    const row = {
      ...columnsOf(deps.config, client),
      id: client.id,
      type: client.type,
      now: ctx.now,
    }
    if ((await insertClient(tx, row)) === 0) {
      const taken = violation('id', 'id_taken', 'There is a client with this id. Choose another.')
      throw new SignetError(ErrorReason.INVALID_ARGUMENT, { violations: [taken] })
    }
    const clientId = client.id as ClientId
    if (client.logoUri !== undefined) await enqueue(tx, 'fetch_client_logo', { clientId })
    const secret = keepsSecret(client) ? await addClientSecret(tx, ctx, { clientId }) : undefined
    const { type, signingAlgorithm, directSignIn } = client
    await recordEvent({ ...deps, db: tx }, ctx, {
      kind: 'client.created',
      outcome: 'success',
      clientId,
      details: {
        ...{ type, signingAlgorithm, directSignIn },
        scopes: row.scopes,
        permissions: row.permissions,
      },
    })
    return { secret }
  })
}

/** Whether it proves who it is by a secret: not a public client, and not one that signs. */
function keepsSecret({ type, jwks, jwksUri }: NewClient): boolean {
  return type !== 'public' && jwks === undefined && jwksUri === undefined
}

/** The record as it is stored: lists without repetition, no more than the installation allows, null for what is not there. */
export function columnsOf(config: Deps['config'], client: ClientRecord) {
  return {
    ...client,
    subjectNamespace: client.subjectNamespace ?? null,
    scopes: [...new Set(client.scopes)],
    allowedOrigins: [...new Set(client.allowedOrigins)],
    permissions: [...new Set(client.permissions)],
    resources: [...new Set(client.resources)],
    audiences: [...new Set(client.audiences)],
    claims: [...new Set(client.claims)],
    accessTokenLifetimeSeconds: ownLifetimeOf(config, client),
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
