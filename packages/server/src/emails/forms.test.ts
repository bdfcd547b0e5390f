import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { ErrorReason } from '@signet/contract'
import { reasons } from '../errors.ts'
import type { UserId } from '../ids.ts'
import { issueMailedLink, makeOpener } from '../recovery/mailed-links.ts'
import { openTestUser } from '../testing/accounts.ts'
import { openTestDeps, rowsOf, type TestDeps } from '../testing/deps.ts'
import { startTestService, type TestService } from '../testing/service.ts'
import { referenceHeader } from '../wires/response-headers.ts'

let test: TestDeps
let service: TestService
let userId: UserId
const wanted = 'second@example.com'

before(async () => {
  test = await openTestDeps()
  service = await startTestService(test.deps)
})
after(async () => {
  await service.close()
  await test.close()
})
beforeEach(async () => {
  await rowsOf(test.deps, 'delete from users')
  userId = await openTestUser(test.deps, 'ada@example.com')
})

async function linkFor(purpose: 'add_email' | 'undo_email_change'): Promise<string> {
  const opener = makeOpener()
  const link = { purpose, identifierId: null, userId, value: wanted, canonical: wanted, opener }
  await issueMailedLink(test.deps, { ...link, lifetimeMinutes: 60 }, new Date())
  return opener.token
}

const values = async () =>
  (await rowsOf(test.deps, 'select value from identifiers order by created_at')).flat()

for (const [path, purpose, done] of [
  ['/confirm-email', 'add_email', /The address is confirmed/u],
  ['/undo-email-change', 'undo_email_change', /The address is yours again/u],
] as const) {
  describe(path, () => {
    it('does nothing when it is opened, whoever opens it, and once what its form says', async () => {
      const token = await linkFor(purpose)
      for (const method of ['GET', 'HEAD', 'GET'] as const) {
        const page = await fetch(`${service.url}${path}?token=${token}`, { method })
        assert.equal(page.status, 200)
        if (method === 'GET') assert.ok((await page.text()).includes(`value="${token}"`))
      }
      assert.deepEqual(await values(), ['ada@example.com'])
      const answer = await service.post(path, { token })
      assert.equal(answer.status, 200)
      assert.match(answer.text, done)
      assert.ok((await values()).includes(wanted))
      const again = await service.post(path, { token })
      const { httpStatus, sentence } = reasons[ErrorReason.LINK_INVALID]
      assert.equal(again.status, httpStatus)
      assert.ok(again.text.includes(sentence))
      assert.ok(again.text.includes(again.headers.get(referenceHeader) ?? 'no reference'))
    })

    it('keeps the token from caches, frames, scripts and other sites', async () => {
      const hostile = 'sl1_"><script>document.title="owned"</script>'
      const page = await fetch(`${service.url}${path}?token=${encodeURIComponent(hostile)}`)
      assert.equal(page.headers.get('cache-control'), 'no-store')
      assert.equal(page.headers.get('referrer-policy'), 'no-referrer')
      const policy = page.headers.get('content-security-policy') ?? ''
      assert.match(policy, /default-src 'none'.*frame-ancestors 'none'/u)
      assert.doesNotMatch(await page.text(), /<script/u)
    })

    it('refuses what is no form, and what is too large', async () => {
      assert.equal((await service.post(path, {})).status, 400)
      assert.equal((await service.post(path, { token: 'x'.repeat(10_000) })).status, 413)
      const json = { 'content-type': 'application/json' }
      assert.equal((await service.post(path, '{"token":5}', json)).status, 415)
    })
  })
}
