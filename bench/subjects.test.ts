/** The subjects about logged out means logged out run, in tiny rounds. Figures are not asserted, but that there are some. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Subject } from './finding.ts'
import { avatar } from './subjects/avatar.ts'
import { clientCredentials } from './subjects/client-credentials.ts'
import { introspection } from './subjects/introspection.ts'
import { jwks } from './subjects/jwks.ts'
import { mail } from './subjects/mail.ts'
import { page } from './subjects/page.ts'
import { revocation } from './subjects/revocation.ts'
import { revoke } from './subjects/revoke.ts'
import { verifier } from './subjects/verifier.ts'
import { verifyHttp } from './subjects/verify-http.ts'
import { watchers } from './subjects/watchers.ts'

const tiny = { rounds: 1, secondsPerSlice: 0.1, progress() {} }

async function measuredBy(subject: Subject): Promise<number[]> {
  const findings = await subject.run(tiny)
  for (const { what, measured } of findings) assert.ok(Number.isFinite(measured), what)
  return findings.map(({ measured }) => measured)
}

test('verifier: checks are counted, and no call leaves for one', async () => {
  const measured = await measuredBy(verifier)
  assert.equal(measured.length, 7)
  assert.equal(measured.at(-1), 0)
})

test('revocation: every verifier refuses what was signed out', async () => {
  assert.equal((await measuredBy(revocation)).length, 2)
})

test('watchers: people sign in and out while a thousand watch', async () => {
  assert.equal((await measuredBy(watchers)).length, 2)
})

test('client-credentials: both servers sign', async () => {
  assert.equal((await measuredBy(clientCredentials)).length, 2)
})

test('introspection: both servers say that the tokens are active', async () => {
  assert.equal((await measuredBy(introspection)).length, 1)
})

test('verify-http: both services let the tokens pass', async () => {
  assert.equal((await measuredBy(verifyHttp)).length, 2)
})

test('mail: mails are taken by the mail server', async () => {
  assert.equal((await measuredBy(mail)).length, 1)
})

test('avatar: pictures of 12 megapixels become avatars', async () => {
  assert.equal((await measuredBy(avatar)).length, 4)
})

test('jwks: both servers answer keys', async () => {
  assert.equal((await measuredBy(jwks)).length, 1)
})

test('page: the page for signing in is painted', async () => {
  assert.equal((await measuredBy(page)).length, 5)
})

test('revoke: sessions end over HTTP and by the statement alone', async () => {
  assert.ok((await measuredBy(revoke)).length > 0)
})
