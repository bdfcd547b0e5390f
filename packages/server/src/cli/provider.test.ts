import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { after, before, it } from 'node:test'
import { callbackAddress } from '../federation/provider-sign-in.ts'
import { type OidcIssuer, openOidcIssuer } from '../federation/testing/oidc-issuer.ts'
import { openTestDeps, rowsOf, type TestDeps } from '../testing/deps.ts'
import { databaseEnvironment, runSignet } from './testing/spawn-signet.ts'

const issuer = 'https://auth.example.com'
let opened: TestDeps
let acme: OidcIssuer
let environment: Record<string, string>

before(async () => {
  opened = await openTestDeps()
  acme = await openOidcIssuer({ redirectUri: callbackAddress(issuer, 'acme') })
  environment = {
    ...databaseEnvironment(opened.address),
    SIGNET_ISSUER: issuer,
    SIGNET_OUTBOUND_PRIVATE_HOSTS: new URL(acme.issuer).host,
  }
})
after(async () => {
  await acme?.close()
  await opened?.close()
})

async function run(
  args: string[],
  options: { input?: string; more?: Record<string, string> } = {},
) {
  const { input, more } = options
  const { exitCode, stdout } = await runSignet(['provider', ...args, '--json'], {
    environment: { ...environment, ...more },
    ...(input !== undefined && { input }),
  })
  return { exitCode, value: JSON.parse(stdout) }
}

const described = () => [
  ...['acme', '--kind', 'oidc', '--client-id', acme.clientId],
  ...['--issuer', acme.issuer, '--name', 'Acme staff'],
]

/** What makes every removal fail, as a database does that cannot work at the moment. */
const fullDisk = [
  `create function full_disk() returns trigger language plpgsql as
   $$ begin raise exception 'full' using errcode = 'disk_full'; end $$`,
  'create trigger full_disk before delete on identity_providers execute function full_disk()',
]

it('provider add, list, test and remove, rehearsed and done', async () => {
  const input = `${acme.clientSecret}\n`
  const rehearsed = await run(['add', ...described(), '--dry-run'], { input })
  assert.equal(rehearsed.value.redirectUri, callbackAddress(issuer, 'acme'))
  assert.deepEqual((await run(['list'])).value.providers, [])
  assert.equal((await run(['add', ...described()], { input })).exitCode, 0)
  assert.equal((await run(['add', ...described()], { input })).exitCode, 1)
  assert.deepEqual((await run(['list'])).value.providers, [
    { id: 'acme', kind: 'oidc', name: 'Acme staff' },
  ])
  const good = await run(['test', 'acme'])
  assert.deepEqual([good.exitCode, good.value.problems], [0, []])
  assert.equal((await run(['remove', 'acme', '--dry-run'])).exitCode, 0)
  for (const statement of fullDisk) await rowsOf(opened.deps, statement)
  const failed = await run(['remove', 'acme'])
  assert.deepEqual([failed.exitCode, failed.value.error.code], [69, 'UNAVAILABLE'])
  await rowsOf(opened.deps, 'drop function full_disk cascade')
  assert.equal((await run(['remove', 'acme'])).exitCode, 0)
  const gone = await run(['test', 'acme'])
  assert.deepEqual([gone.exitCode, gone.value.error.code], [1, 'NOT_FOUND'])
  assert.deepEqual(await rowsOf(opened.deps, 'select id from identity_providers'), [])
})

it('provider test says what is wrong, also of one in the environment', async () => {
  const more = {
    SIGNET_OIDC_ISSUER: acme.issuer,
    SIGNET_OIDC_CLIENT_ID: acme.clientId,
    SIGNET_OIDC_CLIENT_SECRET: 'of somebody else',
  }
  const wrong = await run(['test', 'oidc'], { more })
  assert.equal(wrong.exitCode, 1)
  assert.match(String(wrong.value.problems), /client id and secret/u)
  const right = { ...more, SIGNET_OIDC_CLIENT_SECRET: acme.clientSecret }
  assert.equal((await run(['test', 'oidc'], { more: right })).exitCode, 0)
  const nowhere = { ...right, SIGNET_OIDC_ISSUER: 'https://127.0.0.1:9' }
  assert.equal((await run(['test', 'oidc'], { more: nowhere })).exitCode, 1)
  const removed = await run(['remove', 'oidc'], { more })
  assert.deepEqual([removed.exitCode, removed.value.error.code], [1, 'NOT_FOUND'])
})

it('provider add takes no secret from nowhere, and none that is not there', async () => {
  const none = await run(['add', ...described()], { input: '' })
  assert.deepEqual([none.exitCode, none.value.error.code], [2, 'SECRET_MISSING'])
})

it('provider add refuses what can never work, everything at once', async () => {
  const fieldsOf = async (args: string[], input: string) => {
    const { exitCode, value } = await run(['add', ...args], { input })
    const details = value.error.details as { field: string }[]
    return [exitCode, ...details.map(({ field }) => field)]
  }
  const microsoft = ['Entra', '--kind', 'microsoft', '--client-id', 'a b', '--scope', 'a b']
  assert.deepEqual(await fieldsOf([...microsoft, '--tenant', 'nonsense'], 'secret'), [
    1,
    'id',
    'record.clientId',
    'record.scopes',
    'record.tenant',
  ])
  const apple = ['apple', '--kind', 'apple', '--client-id', 'x', '--key-id', 'KEY1234567']
  const nine = [...apple, '--team-id', 'ABCDE1234']
  assert.deepEqual(await fieldsOf(nine, 'no key'), [1, 'record.teamId', 'clientSecret'])
  // As it stands in an env file.
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  const oneLine = privateKey.replaceAll('\n', String.raw`\n`)
  assert.deepEqual(await fieldsOf(nine, oneLine), [1, 'record.teamId'])
})
