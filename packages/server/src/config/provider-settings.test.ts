import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { it } from 'node:test'
import { loadConfig } from './config.ts'
import { ConfigError } from './config-error.ts'

const load = (environment: Record<string, string>) =>
  loadConfig({ environment, directory: import.meta.dirname }).providers
const pem = (namedCurve: string) =>
  generateKeyPairSync('ec', { namedCurve })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString()

/** Which variables are complained about. */
function refused(environment: Record<string, string>): string[] {
  try {
    load(environment)
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    return [...new Set(error.problems.map(({ variable }) => variable))].sort()
  }
  return []
}

it('each provider that has all of its variables is there, in the order of its button', () => {
  const providers = load({
    ...{ SIGNET_GITHUB_CLIENT_ID: 'Iv1.abc', SIGNET_GITHUB_CLIENT_SECRET: 's' },
    ...{ SIGNET_GOOGLE_CLIENT_ID: 'g', SIGNET_GOOGLE_CLIENT_SECRET: 's' },
    ...{ SIGNET_MICROSOFT_CLIENT_ID: 'm', SIGNET_MICROSOFT_CLIENT_SECRET: 's' },
    ...{
      SIGNET_APPLE_CLIENT_ID: 'com.example',
      SIGNET_APPLE_TEAM_ID: 'ABCDE12345',
      SIGNET_APPLE_KEY_ID: 'KEY1234567',
    },
    SIGNET_APPLE_PRIVATE_KEY: pem('P-256').replaceAll('\n', String.raw`\n`),
    ...{ SIGNET_OIDC_CLIENT_ID: 'o', SIGNET_OIDC_CLIENT_SECRET: 's', SIGNET_OIDC_NAME: 'Acme' },
    SIGNET_OIDC_ISSUER: 'https://login.acme.example',
  })
  assert.deepEqual(
    providers.map(({ id, name, settings }) => [id, name, settings]),
    [
      ['google', 'Google', {}],
      ['apple', 'Apple', { teamId: 'ABCDE12345', keyId: 'KEY1234567' }],
      ['microsoft', 'Microsoft', { tenant: 'common' }],
      ['github', 'GitHub', {}],
      ['oidc', 'Acme', { issuer: 'https://login.acme.example' }],
    ],
  )
  assert.doesNotMatch(JSON.stringify(providers), /BEGIN|"s"/u)
  assert.deepEqual(load({}), [])
})

it('what is set up by half, or cannot be, is refused by name', () => {
  for (const kind of ['GOOGLE', 'MICROSOFT', 'GITHUB', 'LINKEDIN', 'FACEBOOK']) {
    assert.deepEqual(refused({ [`SIGNET_${kind}_CLIENT_ID`]: 'x' }), [`SIGNET_${kind}_CLIENT_ID`])
    assert.deepEqual(refused({ [`SIGNET_${kind}_CLIENT_SECRET`]: 'x' }), [
      `SIGNET_${kind}_CLIENT_SECRET`,
    ])
  }
  assert.deepEqual(refused({ SIGNET_OIDC_ISSUER: 'https://login.acme.example' }), [
    'SIGNET_OIDC_ISSUER',
  ])
  assert.deepEqual(refused({ SIGNET_APPLE_CLIENT_ID: 'x' }), ['SIGNET_APPLE_CLIENT_ID'])
  assert.deepEqual(refused({ SIGNET_MICROSOFT_TENANT: 'everybody' }), ['SIGNET_MICROSOFT_TENANT'])
  assert.ok(refused({ SIGNET_APPLE_TEAM_ID: 'ABCDE1234' }).includes('SIGNET_APPLE_TEAM_ID'))
  for (const key of ['no key', pem('P-384')])
    assert.ok(refused({ SIGNET_APPLE_PRIVATE_KEY: key }).includes('SIGNET_APPLE_PRIVATE_KEY'))
})
