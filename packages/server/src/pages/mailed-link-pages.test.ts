import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { ErrorReason } from '@signet/contract'
import { reasons } from '../errors.ts'
import type { UserId } from '../ids.ts'
import { issueMailedLink, type LinkPurpose, makeOpener } from '../recovery/mailed-links.ts'
import { openTestUser } from '../testing/accounts.ts'
import { openFileDeps, rowsOf } from '../testing/deps.ts'
import { openPageVisitor } from '../testing/page-visitor.ts'
import { startTestService, type TestService } from '../testing/service.ts'

const { deps } = await openFileDeps({ emptied: ['users'] })
const own = 'ada@example.com'
const wanted = 'second@example.com'

let service: TestService
let userId: UserId
before(async () => {
  service = await startTestService(deps)
})
after(() => service.close())
beforeEach(async () => {
  userId = await openTestUser(deps, own, { verified: false })
})

async function linkFor(purpose: LinkPurpose): Promise<string> {
  const opener = makeOpener()
  const [row] = await rowsOf(deps, 'select id from identifiers')
  const toOwn = { identifierId: String(row?.[0]), value: own, canonical: own }
  const toNew = { identifierId: null, value: wanted, canonical: wanted }
  const address = purpose === 'verify_email' ? toOwn : toNew
  const link = { purpose, userId, opener, lifetimeMinutes: 60, ...address }
  await issueMailedLink(deps, link, new Date())
  return opener.token
}

const proved = async () =>
  (
    await rowsOf(deps, 'select value from identifiers where verified_at is not null order by value')
  ).flat()

for (const [path, purpose, address, next] of [
  ['/verify-email', 'verify_email', own, '/sign-in?notice=address_confirmed'],
  ['/confirm-email', 'add_email', wanted, '/done?what=address_added'],
  ['/undo-email-change', 'undo_email_change', wanted, '/done?what=address_back'],
] as const) {
  describe(path, () => {
    it('does nothing when it is opened, whoever opens it, and once what its button says', async () => {
      const who = openPageVisitor(service.url)
      const opened = `${path}?token=${await linkFor(purpose)}`
      for (const method of ['GET', 'HEAD'])
        assert.equal((await fetch(service.url + opened, { method })).status, 200)
      const page = await who.open(opened)
      assert.deepEqual(await proved(), [])
      const answer = await who.send(page, path)
      assert.deepEqual([answer.status, answer.location], [303, next])
      assert.deepEqual(await proved(), [address])
      assert.equal((await who.open(next)).status, 200)
      const again = await who.send(page, path)
      const { httpStatus, sentence } = reasons[ErrorReason.LINK_INVALID]
      assert.deepEqual([again.status, again.problem], [httpStatus, sentence])
      assert.ok(again.html.includes(again.headers.get('signet-reference') ?? 'no reference'))
    })
  })
}

it('what is said to be done is one of a few things', async () => {
  const page = await openPageVisitor(service.url).open('/done?what=everything%3Cb%3E')
  assert.equal(page.title, 'The address is confirmed')
})
