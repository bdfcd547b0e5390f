/**
 * Gives a client another secret, so that it can change over without an outage: the former one goes on, and the ones
 * before it end. Two are good at once.
 *
 * Errors: NOT_FOUND; PERMISSION_DENIED where the client may do what the caller may not; INVALID_ARGUMENT where the client is disabled, public, or proves itself by keys.
 * Specs: RFC 6749 §2.3.1.
 */

import { ErrorReason } from '@signet/contract'
import type { Db } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { recordEvent } from '../events/record-event.ts'
import { type ClientId, newId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import { makeClientSecret } from './client-secret.ts'
import { findClientForUpdate, insertClientSecret, revokeOlderClientSecrets } from './clients.sql.ts'
import { requireOwnPermissions } from './own-permissions.ts'

interface SecretInput {
  clientId: ClientId
  /** How many days the secret is good for; without it until it is replaced twice. */
  lifetimeDays?: number | undefined
}

const secretsMax = 2

/** The secret, shown this once. */
export async function rotateClientSecret(
  deps: Pick<Deps, 'db' | 'masterSecret'>,
  ctx: RequestContext,
  input: SecretInput,
): Promise<string> {
  return deps.db.transaction(async (tx) => {
    const client = await findClientForUpdate(tx, { id: input.clientId })
    if (client === undefined) {
      throw new SignetError(ErrorReason.NOT_FOUND, { detail: 'no such client' })
    }
    requireOwnPermissions(ctx, client.permissions)
    if (client.status !== 'active') throw refused('disabled', 'This client is disabled.')
    if (client.type === 'public') {
      throw refused('public', 'A public client cannot keep a secret, so it has none.')
    }
    if (client.signs)
      throw refused('signs', 'This client proves itself by its keys, and has no secret.')
    const secret = await addClientSecret(tx, ctx, input)
    await recordEvent({ ...deps, db: tx }, ctx, {
      kind: 'client.secret_rotated',
      outcome: 'success',
      clientId: input.clientId,
      details: { lifetimeDays: input.lifetimeDays ?? null },
    })
    return secret
  })
}

/** Stores a further secret; the newest stay. The transaction has the client locked, or has made it. */
export async function addClientSecret(
  tx: Db,
  ctx: RequestContext,
  { clientId, lifetimeDays }: SecretInput,
): Promise<string> {
  const { secret, prefix, secretHash } = makeClientSecret()
  const row = { id: newId(ctx.now), clientId, prefix, secretHash }
  await insertClientSecret(tx, { ...row, lifetimeDays: lifetimeDays ?? null })
  await revokeOlderClientSecrets(tx, { clientId, secretsMax })
  return secret
}

function refused(rule: string, message: string): SignetError {
  const violations = [{ field: 'client', rule: `client.${rule}`, message }]
  return new SignetError(ErrorReason.INVALID_ARGUMENT, { violations })
}
