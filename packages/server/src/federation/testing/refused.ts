/** Asserts for what is refused. */

import assert from 'node:assert/strict'
import { UpstreamRefused } from '../upstream.ts'

/** Refused for this kind of reason, with a message that matches and names none of the secrets. */
export async function assertRefused(
  answered: Promise<unknown>,
  kind: UpstreamRefused['kind'],
  message: RegExp,
  secrets: readonly string[] = [],
): Promise<void> {
  await assert.rejects(answered, (error) => {
    assert.ok(error instanceof UpstreamRefused, String((error as Error).stack))
    assert.match(error.message, message)
    assert.equal(error.kind, kind, error.message)
    for (const secret of secrets)
      assert.ok(!`${error.message} ${error.stack}`.includes(secret), 'a secret is in the message')
    return true
  })
}
