/** A short run with a fixed seed: the full one is `npm run bench:mail`. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runMailCrash } from './mail-crash.ts'

test('mails that are queued while the mail server is away arrive, through kills of the worker', async () => {
  const options = { mails: 60, kills: 3, killsWhileAway: 1, seed: 20_261_130, progress() {} }
  const result = await runMailCrash(options)
  assert.deepEqual(result.sentences, [])
  assert.equal(result.arrived, 60)
})
