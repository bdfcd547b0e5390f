/** No secret in any message, and no environment that makes loadConfig fail in another way than it promises. */

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { loadConfig } from './config.ts'
import { ConfigError } from './config-error.ts'
import { path } from './kinds.ts'
import { variableTable } from './reading.ts'
import { Secret } from './secret.ts'
import { variables } from './variables.ts'

const canary = 'CANARY'
const pem = `-----BEGIN PRIVATE KEY-----\nMIG${canary}/${canary}\n-----END PRIVATE KEY-----\n`

/** Everything that loading says or returns, printed in every way. */
function everythingSaid(environment: Record<string, string>): string {
  try {
    const config = loadConfig({ environment })
    return `${JSON.stringify(config)}${inspect(config, { depth: 9, showHidden: true })}`
  } catch (error) {
    assert.ok(error instanceof ConfigError, inspect(error))
    return `${error.message}${error.stack}${JSON.stringify(error.problems)}${inspect(error, { depth: 9 })}`
  }
}

describe('a secret never shows', () => {
  const long = `${canary}-q3TzVh0Jw8m1Kx5Rb7Yc2Nd9Lf4Gs6Pa`
  const cases: Record<string, string>[] = [
    { SIGNET_MASTER_SECRET: canary },
    { SIGNET_MASTER_SECRET: long },
    { SIGNET_MASTER_SECRET: long, SIGNET_MASTER_SECRET_PREVIOUS: long },
    { SIGNET_ENV: 'production', SIGNET_MASTER_SECRET: `${canary}${'a'.repeat(40)}` },
    { SIGNET_MASTER_SECERT: long },
    { SIGNET_MASTER_SECRET_FILE: long },
    { SIGNET_MASTER_SECRET_FILE: `/${long}` },
    { SIGNET_MASTER_SECRET_FILE: `ab/${long}` },
    { SIGNET_DATABASE_PASSWORD: canary },
    { SIGNET_DATABASE_PASSWORD: canary, SIGNET_DATABASE_URL: 'postgres://a@db/d' },
    { SIGNET_DATABASE_PASSWORD: canary, SIGNET_DATABASE_URL: `postgres://a:${canary}@db/d` },
    { SIGNET_OTLP_ENDPOINT: `https://user:${canary}@collector` },
    { SIGNET_OTLP_ENDPOINT: `htps://user:${canary}@collector` },
    { SIGNET_ISSUER: `https://user:${canary}@auth.example.com` },
    { SIGNET_ISSUER: `https://auth.example.com?key=${canary}` },
  ]
  const urls = [
    `postgres://a:${canary}@db/d`,
    `postgres://a:${canary}@db`,
    `postgres://a:${canary}@db/d?x=1`,
    `postgres://a:${canary}@${canary}@db/d`,
    `postgres://a:${canary}/x@db/d`,
    `postgres://a:${canary}`,
    `postgres://a:x?${canary}@db/d`,
    `postgres://a:x#${canary}@db/d`,
    `postgres://a:x&${canary}=@db/d`,
    `postgres://a@db/d?password=${canary}`,
    `postgres://a@db/d?${canary}=1`,
    `postgres:a:${canary}@db/d`,
    `a:${canary}@db/d`,
    canary,
  ]
  cases.push(...urls.map((url) => ({ SIGNET_DATABASE_URL: url })))
  const paths = Object.keys(variables).filter((name) => variableTable[name]?.kind === path)
  const folder = `${import.meta.dirname}/kinds.ts/${canary}`
  const begun = `${import.meta.dirname}/-----BEGIN ${canary}`
  const contents = [
    pem,
    begun,
    pem.replaceAll('\n', '\\n'),
    pem.replaceAll('\n', ' '),
    folder,
    canary,
  ]
  // What does not exist yet is as good as what does, and shown as the place it names.
  for (const name of [...paths, 'SIGNET_MASTER_SECRET_FILE', 'SIGNET_ENV_FILE'])
    for (const content of /DATA_DIR|LOG_FILE|COUNTRY_FILE/u.test(name)
      ? contents.slice(0, 4)
      : contents)
      cases.push({ [name]: content })
  cases.push({ SIGNET_DATABASE_URL: `postgres://a@db/d?sslrootcert=${encodeURIComponent(pem)}` })
  for (const environment of cases) {
    test(JSON.stringify(environment), () => {
      assert.ok(!everythingSaid(environment).includes(canary))
    })
  }

  test('a Secret prints as [redacted] in every way but reveal', () => {
    const secret = new Secret(canary)
    const ways = [`${secret}`, String(secret), JSON.stringify({ secret }), inspect({ secret })]
    ways.push(inspect(secret, { showHidden: true, customInspect: false }))
    for (const way of ways) assert.ok(!way.includes(canary), way)
    assert.equal(secret.reveal(), canary)
  })
})

test('whatever the environment holds, loading returns or throws a ConfigError', () => {
  const names = Object.keys(variables)
  const name = fc.oneof(
    fc.constantFrom(...names, ...names.map((known) => `${known}_FILE`), 'SIGNET_ENV_FILE'),
    fc.string().map((text) => `SIGNET_${text}`),
    fc.string(),
  )
  const fragment = fc.constantFrom(
    ...[
      'postgres://',
      'https://',
      '@',
      '/',
      ':',
      '[',
      ']',
      '%',
      '%00',
      '\0',
      '?',
      '=',
      '*',
      ',',
      '0',
      '99999',
      'a',
    ],
    ...[
      'production',
      'on',
      'allow',
      'sslmode',
      'verify-full',
      '::',
      '127.0.0.1',
      '/dev/null',
      '/proc/self/mem',
      '.',
      '',
    ],
  )
  const value = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(fragment, { maxLength: 8 }).map((parts) => parts.join('')),
  )
  fc.assert(
    fc.property(fc.dictionary(name, value, { maxKeys: 12 }), (environment) => {
      try {
        assert.ok(Object.isFrozen(loadConfig({ environment })))
      } catch (error) {
        assert.ok(error instanceof ConfigError, inspect(error))
        assert.ok(error.problems.length > 0)
        for (const problem of error.problems)
          assert.ok(problem.message !== '' && problem.fix !== '')
      }
    }),
    { numRuns: 3000 },
  )
})

test('what cannot hold a secret is shown, so that the mistake is seen', () => {
  const wrong: [string, string][] = [
    ['SIGNET_ISSUER', 'foo'],
    ['SIGNET_ISSUER', 'auth.example.com:8443'],
    ['SIGNET_OTLP_ENDPOINT', 'collector/'],
    ['SIGNET_TLS_KEY_FILE', `${import.meta.dirname}/absent.pem`],
  ]
  for (const [name, value] of wrong)
    assert.match(everythingSaid({ [name]: value }), new RegExp(`${name} {3}${value}`, 'u'))
})

test('a message cannot be bent by control characters in a value', () => {
  const said = everythingSaid({ SIGNET_LOG_LEVEL: 'x\u001b[2J\nFix: run this\u202e' })
  assert.ok(!said.includes('\u001b[2J'))
  assert.ok(!said.includes('\nFix: run this'))
})
