import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import {
  authorizationParameters,
  callback,
  codeForm,
  exchange,
  registerApp,
} from '../oauth/testing/browser.ts'
import { openTestUser, testPassword } from '../testing/accounts.ts'
import type { TestClient } from '../testing/clients.ts'
import { openFileDeps, rowsOf } from '../testing/deps.ts'
import { openPageVisitor, type PageVisitor } from '../testing/page-visitor.ts'
import { startTestService, type TestService } from '../testing/service.ts'

const { deps } = await openFileDeps({ emptied: ['users'] })
const [ada, eve] = ['ada@example.com', 'eve@example.com']

let service: TestService
let app: TestClient
before(async () => {
  service = await startTestService(deps)
  app = await registerApp(deps, { name: 'Ledger & Co' })
})
after(() => service.close())

const asking = (changes: Record<string, string> = {}) =>
  `/oauth2/authorize?${new URLSearchParams(authorizationParameters(changes))}`
const select = asking({ prompt: 'select_account' })

async function signIn(who: PageVisitor, identifier: string): Promise<void> {
  const fields = { identifier, password: testPassword }
  assert.equal((await who.send(await who.open('/sign-in'), '/sign-in', fields)).status, 303)
}

/** A browser with two accounts; the second one is active. */
async function twoAccounts(): Promise<PageVisitor> {
  const who = openPageVisitor(service.url)
  for (const each of [ada, eve]) {
    await openTestUser(deps, each)
    await signIn(who, each)
  }
  return who
}

/** Whose code the app has got. */
async function userOf(who: PageVisitor, address: string): Promise<unknown> {
  const back = new URL((await who.open(address)).location)
  assert.equal(`${back.origin}${back.pathname}`, callback)
  await exchange(service, app, codeForm(back.searchParams.get('code') ?? ''))
  const latest = `select i.value from grants g join identifiers i on i.user_id = g.user_id order by g.created_at desc limit 1`
  return (await rowsOf(deps, latest))[0]?.[0]
}

it('shows who is here, by initials, and which app was used last with each', async () => {
  const who = await twoAccounts()
  await rowsOf(
    deps,
    `update users set display_name = 'Ada Ñandú King' where id = (select user_id from identifiers where value = $1)`,
    [ada],
  )
  assert.equal(await userOf(who, asking({ login_hint: ada })), ada)
  const page = await who.open((await who.open(select)).location)
  assert.equal(page.title, 'Choose an account')
  const accounts = page.html.split('<li>').slice(1)
  assert.equal(accounts.length, 2)
  assert.doesNotMatch(accounts[0] ?? '', /Last used with/u)
  assert.match(accounts[0] ?? '', />E<\/span>/u)
  assert.match(accounts[1] ?? '', />AÑ<\/span>/u)
  assert.match(accounts[1] ?? '', /Last used with Ledger &amp; Co/u)
})

it('shows the picture of who has one, from this host', async () => {
  const who = await twoAccounts()
  const version = 'x'.repeat(22)
  const insert = `with object as (insert into avatar_objects (key, kind) values ($2, 'picture') returning key)
                  insert into avatars (user_id, version, blurhash, set_at)
                  select user_id, key, 'L', now() from identifiers, object where value = $1`
  await rowsOf(deps, insert, [ada, version])
  const { html, headers } = await who.open('/choose-account')
  assert.ok(html.includes(`src="/avatars/${version}/64.webp"`))
  assert.match(headers.get('content-security-policy') ?? '', /; img-src 'self';/u)
})

it('goes on with the one that is chosen, and asks again only where it is asked to', async () => {
  const who = await twoAccounts()
  const page = await who.open((await who.open(select)).location)
  const [, second] = [...page.html.matchAll(/name="session" value="([^"]*)"/gu)].map(
    ([, id]) => id ?? '',
  )
  const chosen = await who.send(page, '/choose-account', { session: second ?? '', remove: '' })
  assert.equal(await userOf(who, chosen.location), ada)
  assert.equal(await userOf(who, asking()), ada)
  assert.equal(await userOf(who, asking({ login_hint: eve.toUpperCase() })), eve)
})

it('removes an account: it is signed out here, the other one stays, and the request of the app goes on', async () => {
  const who = await twoAccounts()
  const tab = openPageVisitor(service.url, who)
  const page = await who.open((await who.open(select)).location)
  const [first, second] = [...page.html.matchAll(/name="remove" value="([^"]*)"/gu)].map(
    ([, id]) => id ?? '',
  )
  const removed = await who.send(page, '/choose-account', { remove: first ?? '' })
  assert.match(removed.location, /^\/choose-account\?request=/u)
  const left = await who.open(removed.location)
  assert.doesNotMatch(left.html, /eve@example\.com/u)
  assert.doesNotMatch((await tab.open('/choose-account')).html, /eve@example\.com/u)
  const ended = `select i.value, s.end_reason from sessions s join identifiers i on i.user_id = s.user_id where s.ended_at is not null`
  assert.deepEqual(await rowsOf(deps, ended), [[eve, 'signed_out']])
  const last = await who.send(left, '/choose-account', { remove: second ?? '' })
  assert.match(last.location, /^\/sign-in\?request=/u)
  assert.equal((await who.open('/choose-account')).location, '/sign-in')
})

it('removes no account of another browser', async () => {
  const who = await twoAccounts()
  const stranger = openPageVisitor(service.url)
  await openTestUser(deps, 'mallory@example.com')
  await signIn(stranger, 'mallory@example.com')
  const page = await who.open('/choose-account')
  const [, id = ''] = /name="remove" value="([^"]*)"/u.exec(page.html) ?? []
  await stranger.send(await stranger.open('/choose-account'), '/choose-account', {
    remove: id,
    session: '',
  })
  assert.equal((await rowsOf(deps, 'select 1 from sessions where ended_at is null')).length, 3)
})

it('leads to another account with an empty form, or with whom the app names', async () => {
  const who = await twoAccounts()
  const identifier = ({ html }: { html: string }) =>
    /<input id="identifier"[^>]* value="([^"]*)"/u.exec(html)?.[1]
  const another = async (address: string) => {
    const { html } = await who.open(address)
    const to = /href="(\/sign-in\?[^"]*another=1[^"]*)"/u.exec(html)?.[1] ?? assert.fail('no way')
    return identifier(await who.open(to.replaceAll('&amp;', '&')))
  }
  assert.equal(await another('/signed-in'), '')
  for (const [login_hint, expected] of [
    [ada, ''],
    ['grace@example.com', 'grace@example.com'],
  ] as const) {
    const { location } = await who.open(asking({ prompt: 'select_account', login_hint }))
    assert.equal(await another(location), expected)
  }
})

it('before signing out lists the apps that will ask again', async () => {
  const who = await twoAccounts()
  assert.doesNotMatch((await who.open('/sign-out')).html, /Ledger/u)
  await userOf(who, asking())
  assert.match((await who.open('/sign-out')).html, /<li><bdi>Ledger &amp; Co<\/bdi>/u)
})
