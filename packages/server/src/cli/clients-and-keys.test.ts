import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { ErrorReason } from '@signet/contract'
import { loadConfig } from '../config/config.ts'
import { openMasterSecret } from '../crypto/master-secret.ts'
import type { Deps } from '../deps.ts'
import { assertRefused, openTestUser, signInAs } from '../testing/accounts.ts'
import { openTestDeps, rowsOf, type TestDeps, testContext, withParts } from '../testing/deps.ts'
import { authenticateBearer } from '../tokens/authenticate.ts'
import { signJwt } from '../tokens/jwt.ts'
import { ensureSigningKeys } from '../tokens/signing-keys.ts'
import { suspendUser } from '../users/suspend-user.ts'
import { databaseEnvironment, runSignet } from './testing/spawn-signet.ts'

let opened: TestDeps
let deps: Deps
let environment: Record<string, string>

before(async () => {
  opened = await openTestDeps()
  environment = databaseEnvironment(opened.address)
  const masterSecret = openMasterSecret({ current: environment.SIGNET_MASTER_SECRET ?? '' })
  const { db } = opened.deps
  await db.query({ name: '', text: 'delete from signing_keys', values: [], rowMode: 'array' })
  const signingKeys = await ensureSigningKeys({ db, masterSecret }, new Date())
  const config = loadConfig({ environment, directory: import.meta.dirname })
  deps = withParts(opened.deps, { config, masterSecret, signingKeys })
})
after(() => opened.close())

async function run(args: string[], input?: string) {
  const ran = await runSignet([...args, '--json'], {
    environment,
    ...(input !== undefined && { input }),
  })
  return { exitCode: ran.exitCode, value: JSON.parse(ran.stdout), stderr: ran.stderr }
}

async function said(args: string[]) {
  const { exitCode, value } = await run(args)
  assert.equal(exitCode, 0, JSON.stringify(value))
  return value
}

describe('a new master secret', () => {
  const secret = 'the next secret of these tests, 32 bytes'
  const exchanged = (): Record<string, string> => ({
    ...environment,
    SIGNET_MASTER_SECRET: secret,
    SIGNET_MASTER_SECRET_PREVIOUS: environment.SIGNET_MASTER_SECRET ?? '',
  })
  const json = async (args: string[], own: Record<string, string>) => {
    const { stdout, exitCode } = await runSignet([...args, '--json'], { environment: own })
    return { exitCode, value: JSON.parse(stdout) }
  }

  test('is told by status, rehearsed, refused while an instance lacks it, and done', async () => {
    const stored = async (own: Record<string, string> = exchanged()) =>
      (await json(['status'], own)).value.schema.masterSecret.wrappedOtherwise
    assert.deepEqual(await stored(environment), { former: 0, unknown: 0 })
    const { former } = await stored()
    assert.ok(former >= 2)
    const alone = { ...environment, SIGNET_MASTER_SECRET: secret }
    assert.deepEqual(await stored(alone), { former: 0, unknown: former })
    const { value: status } = await json(['status'], alone)
    assert.match(status.problems.join(), /wrapped under a master secret that is not configured/)
    assert.equal((await json(['key', 'rewrap'], alone)).exitCode, 1)

    const rehearsed = await json(['key', 'rewrap', '--dry-run'], exchanged())
    assert.equal(rehearsed.exitCode, 0)
    assert.equal(rehearsed.value.moved.signingKeys, 2)
    const said = await runSignet(['key', 'rewrap', '--dry-run'], { environment: exchanged() })
    assert.match(said.stdout, / 2 signing keys, .* and 0 tokens of providers would be/)
    assert.deepEqual(await stored(), { former, unknown: 0 })

    const id = randomUUID()
    const keyId = deps.masterSecret.keyId
    const instance = 'insert into running_instances values ($1, $2, array[$2], signet_now())'
    await rowsOf(deps, instance, [id, keyId])
    const refused = await json(['key', 'rewrap'], exchanged())
    assert.deepEqual([refused.exitCode, refused.value.error.code], [69, 'NOT_EVERYWHERE'])
    await rowsOf(deps, 'delete from running_instances')

    assert.equal((await json(['key', 'rewrap'], exchanged())).exitCode, 0)
    assert.deepEqual(await stored(alone), { former: 0, unknown: 0 })
    const back = {
      ...environment,
      SIGNET_MASTER_SECRET_PREVIOUS: secret,
    }
    assert.equal((await json(['key', 'rewrap'], back)).exitCode, 0)
    assert.deepEqual(await stored(environment), { former: 0, unknown: 0 })
  })
})

describe('client', () => {
  test('create, list, get, rotate, env and disable, rehearsed and done', async () => {
    const create = [
      'client',
      'create',
      'ledger',
      '--type',
      'confidential',
      '--scope',
      'a.read',
      'b',
      '--permission',
      'events.read',
      '--permission',
      'tokens.introspect',
    ]
    assert.equal((await said([...create, '--dry-run'])).secret, null)
    assert.equal((await run(['client', 'get', 'ledger'])).value.error.code, 'NOT_FOUND')
    const { secret } = await said(create)
    const found = await said(['client', 'get', 'ledger'])
    assert.deepEqual(found.scopes, ['a.read', 'b'])
    assert.deepEqual(found.permissions, ['events.read', 'tokens.introspect'])
    const shown = await runSignet(['client', 'get', 'ledger'], { environment })
    assert.match(shown.stdout, /May +events\.read tokens\.introspect\n/)
    assert.match(shown.stdout, /Secret .*never used/)
    assert.equal(found.secrets[0].prefix, secret.slice(0, 9))
    assert.ok(!JSON.stringify(found).includes(secret))
    const { clients } = await said(['client', 'list'])
    assert.deepEqual(
      clients.map(({ id, permissions }: { id: string; permissions: string[] }) => [
        id,
        permissions,
      ]),
      [
        ['ledger', ['events.read', 'tokens.introspect']],
        ['signet', []],
      ],
    )
    const everything = await run([
      'client',
      'create',
      'all',
      '--type',
      'service',
      '--permission',
      '*',
    ])
    assert.equal(everything.exitCode, 1)
    assert.match(JSON.stringify(everything.value.error), /Name what it needs/)
    assert.notEqual((await said(['client', 'rotate', 'ledger'])).secret, secret)
    const rotated = await said([
      'client',
      'rotate',
      'ledger',
      '--expires-in-days',
      '7',
      '--dry-run',
    ])
    assert.equal(rotated.secret, null)
    assert.equal((await said(['client', 'disable', 'ledger', '--dry-run'])).changed, true)
    assert.equal((await said(['client', 'disable', 'ledger'])).changed, true)
    assert.equal((await said(['client', 'disable', 'ledger'])).changed, false)
    const builtIn = await run(['client', 'disable', 'signet'])
    assert.equal(builtIn.exitCode, 1)
    assert.match(builtIn.value.error.message, /built in/)
  })

  test('env prints a file that can be read as it is', async () => {
    await said(['client', 'create', 'shop', '--type', 'confidential', '--scope', 'a', 'b'])
    const ran = await runSignet(['client', 'env', 'shop', '--new-secret'], { environment })
    const lines = Object.fromEntries(
      ran.stdout
        .trim()
        .split('\n')
        .map((line) => line.split('=')),
    )
    assert.equal(lines.SIGNET_CLIENT_ID, 'shop')
    assert.match(lines.SIGNET_CLIENT_SECRET, /^sk_/)
    assert.equal(lines.SIGNET_SCOPES, `'a b'`)
    assert.equal(ran.stderr, '')
    const without = await run(['client', 'env', 'shop'])
    assert.equal(without.value.SIGNET_CLIENT_SECRET, undefined)
    assert.match(without.stderr, /shown once/)
  })
})

describe('inspect', () => {
  test('says that a token is good, and everything that speaks against one', async () => {
    const userId = await openTestUser(deps, 'ada@example.com')
    const { accessToken } = await signInAs(deps, 'ada@example.com')
    const good = await run(['inspect', accessToken])
    assert.deepEqual([good.exitCode, good.value.good, good.value.findings], [0, true, []])
    assert.equal(good.value.claims.sub, userId)
    const piped = await run(['inspect', '-'], `${accessToken}\n`)
    assert.equal(piped.value.good, true)

    const slash = { ...deps, config: { ...deps.config, issuer: `${deps.config.issuer}/` } }
    const { accessToken: foreign } = await signInAs(slash, 'ada@example.com')
    const refused = await run(['inspect', foreign])
    assert.equal(refused.exitCode, 1)
    assert.match(
      refused.value.findings.join('; '),
      /^issuer differs by a trailing slash .*; it is meant for/,
    )

    const aud = [`${deps.config.issuer}/api`, 'https://ledger.example']
    const forBoth = signJwt(deps.signingKeys.active('ES256'), 'at+jwt', {
      ...good.value.claims,
      aud,
    })
    const mixed = (await run(['inspect', forBoth])).value.findings
    assert.match(mixed.join(), /it is meant for \[.*\], not for Signet's own API alone/)

    const changed = `${accessToken.slice(0, -6)}AAAAAA`
    assert.match((await run(['inspect', changed])).value.findings.join(), /signature is wrong/)

    await suspendUser(deps, testContext(), { userId })
    const { findings } = (await run(['inspect', accessToken])).value
    assert.match(
      findings.join('; '),
      /its user is suspended; everything of its user or client was ended/,
    )
  })

  test('says for how long a token has been expired', async () => {
    await openTestUser(deps, 'grace@example.com')
    const at = new Date(Date.now() - 540_000)
    const { signIn } = await import('../sign-in/sign-in.ts')
    const { accessToken } = await signIn(deps, testContext({ now: at }), {
      identifier: 'grace@example.com',
      password: 'correct horse battery',
      device: undefined,
      deviceSecret: '',
    })
    assert.deepEqual((await run(['inspect', accessToken])).value.findings, ['expired 4 min ago'])
  })

  test('names what is no access token, without a look at anything', async () => {
    for (const [token, what] of [
      ['sr1_abc', 'a refresh token'],
      ['sk_abc', 'a client secret'],
      ['sc1_abc', 'the secret of a session in a browser'],
      ['sa1_abc', 'an authorization code'],
      ['sl1_abc', 'the secret of a link in a mail'],
      ['abc', 'no token of Signet'],
      ['a.b.c', 'no token of Signet'],
    ] as const) {
      const { exitCode, value } = await run(['inspect', token])
      assert.deepEqual([exitCode, value.what], [1, what])
    }
  })
})

test('status counts no session of a client that is closed', async () => {
  await openTestUser(deps, 'joan@example.com')
  await signInAs(deps, 'joan@example.com')
  const count = async () => (await run(['status'])).value.schema.counts.liveSessions
  assert.ok((await count()) > 0)
  await rowsOf(deps, `update clients set status = 'disabled' where id = 'signet'`)
  assert.equal(await count(), 0)
  await rowsOf(deps, `update clients set status = 'active' where id = 'signet'`)
})

describe('client update and enable', () => {
  test('say where access tokens live less long than was asked for', async () => {
    const longer = ['--access-token-lifetime', '3600']
    const created = await run(['client', 'create', 'lasting', '--type', 'service', ...longer])
    assert.match(
      created.stderr,
      /live for 300 s: SIGNET_ACCESS_TOKEN_LIFETIME_SECONDS allows no more/,
    )
    assert.equal((await said(['client', 'get', 'lasting'])).accessTokenLifetimeSeconds, 300)
    const shorter = await run(['client', 'update', 'lasting', '--access-token-lifetime', '60'])
    assert.equal(shorter.stderr, '')
    assert.equal((await said(['client', 'get', 'lasting'])).accessTokenLifetimeSeconds, 60)
    assert.match((await run(['client', 'update', 'lasting', ...longer])).stderr, /live for 300 s/)
  })

  const get = async (id: string) => said(['client', 'get', id])

  test('change what is given and nothing else, rehearsed and done', async () => {
    await said([
      ...['client', 'create', 'photos', '--type', 'confidential', '--first-party'],
      ...['--scope', 'openid', 'email', '--redirect-uri', 'https://photos.example/callback'],
      ...['--tos-uri', 'https://photos.example/terms'],
    ])
    const before = await get('photos')
    assert.deepEqual(before.grantTypes, ['authorization_code', 'refresh_token'])
    const change = ['client', 'update', 'photos', '--redirect-uri', 'https://photos.example/other']
    await said([...change, '--dry-run'])
    assert.deepEqual(await get('photos'), before)
    await said([...change, '--no-first-party', '--no-pkce'])
    const after = await get('photos')
    const redirectUris = ['https://photos.example/other']
    assert.deepEqual(after, { ...before, redirectUris, firstParty: false, pkceRequired: false })
    await said(['client', 'update', 'photos', '--pkce', '--first-party'])
    assert.deepEqual(await get('photos'), { ...before, redirectUris })
  })

  test('have its logo fetched, say how it fares, and take addresses away', async () => {
    const logoUri = 'https://photos.example/logo.png'
    const change = ['client', 'update', 'photos', '--logo-uri']
    const queued = async () =>
      (await rowsOf(deps, `select data from jobs.job where name = 'fetch_client_logo'`)).flat()
    await said([...change, logoUri, '--client-uri', 'https://photos.example', '--dry-run'])
    assert.deepEqual(await queued(), [])
    await said([...change, logoUri, '--client-uri', 'https://photos.example'])
    assert.deepEqual(await queued(), [{ clientId: 'photos' }])
    const shown = async () => (await runSignet(['client', 'get', 'photos'], { environment })).stdout
    assert.match(await shown(), /Logo +https:\/\/photos\.example\/logo\.png \(none yet\)\n/)
    const problem = 'photos.example answered 404 instead of a picture.'
    const note = 'insert into client_logos (client_id, uri, problem) values ($1, $2, $3)'
    await rowsOf(deps, note, ['photos', logoUri, problem])
    assert.match(await shown(), /\(none yet; the last attempt failed: photos\.example answered 404/)
    await said([...change, '', '--client-uri', ''])
    const { logoUri: gone, clientUri, tosUri } = await get('photos')
    assert.deepEqual([gone, clientUri, tosUri], [null, null, 'https://photos.example/terms'])
    assert.doesNotMatch(await shown(), /Logo/)
  })

  test('are refused where there is no such client, or the change contradicts itself', async () => {
    const nobody = await run(['client', 'update', 'nobody', '--name', 'Nobody'])
    assert.equal(nobody.value.error.code, 'NOT_FOUND')
    assert.equal((await run(['client', 'enable', 'nobody'])).value.error.code, 'NOT_FOUND')
    const wrong = await run([
      'client',
      'update',
      'photos',
      '--redirect-uri',
      'http://photos.example',
    ])
    assert.notEqual(wrong.exitCode, 0)
    assert.notEqual((await run(['client', 'update', 'signet', '--name', 'Ours'])).exitCode, 0)
  })

  test('open a closed client, whose secrets stay ended', async () => {
    await said(['client', 'disable', 'photos'])
    assert.equal((await said(['client', 'enable', 'photos', '--dry-run'])).changed, true)
    assert.equal((await get('photos')).status, 'disabled')
    assert.equal((await said(['client', 'enable', 'photos'])).changed, true)
    assert.equal((await get('photos')).status, 'active')
    assert.equal((await said(['client', 'enable', 'photos'])).changed, false)
  })
})

describe('key', () => {
  test('list, rotate and revoke, rehearsed and done', async () => {
    await openTestUser(deps, 'mary@example.com')
    const { accessToken } = await signInAs(deps, 'mary@example.com')
    const { kid } = deps.signingKeys.active('ES256')
    assert.equal((await said(['key', 'list'])).keys.length, 2)
    await said(['key', 'rotate', '--dry-run'])
    assert.equal((await said(['key', 'list'])).keys.length, 2)
    assert.equal((await said(['key', 'rotate'])).kids.length, 2)
    assert.equal((await said(['key', 'revoke', kid, '--dry-run'])).changed, true)
    await authenticateBearer(deps, testContext(), accessToken)
    const { changed, replacedBy } = await said(['key', 'revoke', kid])
    assert.equal(changed, true)
    await deps.signingKeys.reload()
    await assertRefused(
      authenticateBearer(deps, testContext(), accessToken),
      ErrorReason.UNAUTHENTICATED,
    )
    assert.equal(deps.signingKeys.active('ES256').kid, replacedBy)
    assert.match((await run(['inspect', accessToken])).value.findings.join(), /was retired 20/)
    const { keys } = await said(['key', 'list'])
    assert.equal(keys.find(({ id }: { id: string }) => id === kid).state, 'retired')
    assert.equal((await run(['key', 'revoke', 'none'])).value.error.code, 'NOT_FOUND')
    const dashed = await runSignet(['key', 'revoke', '--', '-w4BO'], { environment })
    assert.match(dashed.stderr, /There is no key "-w4BO"/)
  })
})
