/**
 * Replaces the record of a client. Its id, its type and its namespace stay: what was issued to it rests on them.
 *
 * 1. Refuse permissions that the caller does not have.
 * 2. Lock the client; the built-in one is not changed by anybody.
 * 3. Refuse what is malformed or contradicts itself, saying everything at once.
 * 4. Store the record, the job that fetches its logo anew, and the event, in one transaction.
 *
 * Tokens that were issued keep what they say until they expire, within minutes; a grant keeps its scopes until it ends.
 *
 * Errors: PERMISSION_DENIED, NOT_FOUND, INVALID_ARGUMENT.
 */

import { ErrorReason } from '@signet/contract'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { recordEvent } from '../events/record-event.ts'
import type { ClientId } from '../ids.ts'
import { enqueue } from '../queue/enqueue.ts'
import type { RequestContext } from '../request-context.ts'
import { forgetLogo } from './client-logos.sql.ts'
import { clientViolations, violation } from './client-violations.ts'
import { findClientForUpdate, replaceClient } from './clients.sql.ts'
import { ownClientId } from './own-client.ts'
import { requireOwnPermissions } from './own-permissions.ts'
import { type ClientRecord, type ClientType, columnsOf } from './register-client.ts'

/** Replaces everything that can change. */
export async function updateClient(
  deps: Pick<Deps, 'config' | 'db' | 'masterSecret'>,
  ctx: RequestContext,
  { clientId, record }: { clientId: ClientId; record: Omit<ClientRecord, 'subjectNamespace'> },
): Promise<void> {
  requireOwnPermissions(ctx, record.permissions)
  await deps.db.transaction(async (tx) => {
    const client = await findClientForUpdate(tx, { id: clientId })
    if (client === undefined)
      throw new SignetError(ErrorReason.NOT_FOUND, { detail: 'no such client' })
    const { type, subjectNamespace, signs } = client
    const changed = { ...record, subjectNamespace: subjectNamespace ?? undefined }
    const violations = clientViolations({ ...changed, id: clientId, type: type as ClientType })
    if (clientId === ownClientId)
      violations.push(
        violation('client', 'built_in', 'The client signet is built in, and stays as it is.'),
      )
    if (signs !== (record.jwks !== undefined || record.jwksUri !== undefined))
      violations.push(
        violation(
          'jwks',
          'proof',
          'Whether a client has keys or a secret does not change. Register another client.',
        ),
      )
    if (violations.length > 0) throw new SignetError(ErrorReason.INVALID_ARGUMENT, { violations })
    const { subjectNamespace: _, ...columns } = columnsOf(deps.config, changed)
    await replaceClient(tx, { ...columns, id: clientId, now: ctx.now })
    if (record.logoUri === undefined) await forgetLogo(tx, { clientId })
    else await enqueue(tx, 'fetch_client_logo', { clientId })
    await recordEvent({ ...deps, db: tx }, ctx, {
      kind: 'client.updated',
      outcome: 'success',
      clientId,
      details: { scopes: columns.scopes, permissions: columns.permissions },
    })
  })
}
