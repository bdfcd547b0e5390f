import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { inspect } from 'node:util'
import { loadConfig } from './config.ts'
import { ConfigError } from './config-error.ts'

type Environment = Record<string, string>

function addressOf(environment: Environment) {
  return loadConfig({ environment }).database.address
}

function messageOf(environment: Environment): string {
  try {
    loadConfig({ environment })
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error))
    return error.message
  }
  return assert.fail('expected a refusal')
}

describe('a Postgres URL is read as psql reads it', () => {
  const good: [string, object][] = [
    ['postgresql://ada@db/signet', { host: 'db', port: 5432, user: 'ada', database: 'signet' }],
    ['postgres://ada@db:6432/signet', { host: 'db', port: 6432, user: 'ada', database: 'signet' }],
    ['postgres://a@[::1]:5/d', { host: '::1', port: 5, user: 'a', database: 'd' }],
    [
      'postgres://a%40b:p%3Aw%2Fd%25@db/d%20e',
      { host: 'db', port: 5432, user: 'a@b', database: 'd e', password: 'p:w/d%' },
    ],
    ['postgres://a@/d?host=/run/pg', { host: '/run/pg', port: 5432, user: 'a', database: 'd' }],
    ['postgres://a@%2Frun%2Fpg/d', { host: '/run/pg', port: 5432, user: 'a', database: 'd' }],
    ['postgres://a@db/d?sslmode=disable', { host: 'db', port: 5432, user: 'a', database: 'd' }],
    [
      'postgres://a@db/d?sslmode=require',
      { host: 'db', port: 5432, user: 'a', database: 'd', ssl: { rejectUnauthorized: false } },
    ],
    [
      'postgres://a@db/d?sslmode=verify-full',
      { host: 'db', port: 5432, user: 'a', database: 'd', ssl: { rejectUnauthorized: true } },
    ],
  ]
  for (const [url, address] of good) {
    test(url, () => assert.deepEqual({ ...addressOf({ SIGNET_DATABASE_URL: url }) }, address))
  }
})

describe('what could surprise is refused', () => {
  const wrong: [string, RegExp][] = [
    ['mysql://a@db/d', /not a Postgres URL/],
    ['db/d', /not a Postgres URL/],
    ['postgres://db/d', /names no user/],
    ['postgres://a@db', /names no database/],
    ['postgres://a@db/', /names no database/],
    ['postgres://a@/d', /names no host/],
    ['postgres://a@one,two/d', /names a host that cannot exist/],
    ['postgres://a@one:1,two:2/d', /one host and one port/],
    ['postgres://a@db:0/d', /port outside/],
    ['postgres://a@db:99999/d', /port outside/],
    ['postgres://a:b@c@db/d', /not a Postgres URL/],
    ['postgres://a:100%@db/d', /encodes nothing/],
    ['postgres://a@db/d?sslmode=prefer', /could end in plain text/],
    ['postgres://a@db/d?sslmode=verify-ca', /unknown server/],
    ['postgres://a@db/d?sslrootcert=/ca.pem&sslmode=require', /would not be looked at/],
    ['postgres://a@/d?host=/run/pg&sslmode=verify-full', /TLS on a Unix socket/],
    ['postgres://a@/d?host=run/pg', /not absolute/],
    ['postgres://a@db/d?host=/run/pg', /names a host twice/],
    ['postgres://a@db/d?application_name=x', /option that is not read/],
  ]
  for (const [url, message] of wrong) {
    test(url, () => assert.match(messageOf({ SIGNET_DATABASE_URL: url }), message))
  }
})

test('the password may stand beside the URL, but not twice', () => {
  const apart = { SIGNET_DATABASE_URL: 'postgres://a@db/d', SIGNET_DATABASE_PASSWORD: 'hush' }
  assert.equal(addressOf(apart)?.password, 'hush')
  const twice = { ...apart, SIGNET_DATABASE_URL: 'postgres://a:hush@db/d' }
  assert.match(messageOf(twice), /holds a password, and so does SIGNET_DATABASE_PASSWORD/)
  assert.match(messageOf({ SIGNET_DATABASE_PASSWORD: 'hush' }), /SIGNET_DATABASE_URL is not/)
})

test('a direct URL gets the password too, and means nothing alone', () => {
  const { database } = loadConfig({
    environment: {
      SIGNET_DATABASE_URL: 'postgres://a@pooler:6432/d',
      SIGNET_DATABASE_DIRECT_URL: 'postgres://a@db/d',
      SIGNET_DATABASE_PASSWORD: 'hush',
    },
  })
  assert.equal(database.directAddress?.host, 'db')
  assert.equal(database.directAddress?.password, 'hush')
  const alone = { SIGNET_DATABASE_DIRECT_URL: 'postgres://a@db/d' }
  assert.match(messageOf(alone), /SIGNET_DATABASE_URL is not/)
})

test('the certificate authority is read from its file', () => {
  const url = 'postgres://a@db/d?sslmode=verify-full&sslrootcert='
  assert.match(messageOf({ SIGNET_DATABASE_URL: `${url}/nowhere/ca.pem` }), /does not exist/)
  assert.match(messageOf({ SIGNET_DATABASE_URL: `${url}${import.meta.filename}` }), /in PEM/)
})

test('an address does not print its password', () => {
  const address = addressOf({ SIGNET_DATABASE_URL: 'postgres://a:hush@db/d' })
  for (const shown of [inspect(address), JSON.stringify({ address }), `${inspect({ address })}`]) {
    assert.ok(!shown.includes('hush'), shown)
    assert.ok(shown.includes('[redacted]'), shown)
  }
})
