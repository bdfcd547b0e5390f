/** Which hosts of one's own network clients may name: exact ones, and none unless an operator says so. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Config, loadConfig } from './config.ts'
import { ConfigError } from './config-error.ts'

function load(hosts: string, more: Record<string, string> = {}): Config {
  const environment = { SIGNET_OUTBOUND_PRIVATE_HOSTS: hosts, ...more }
  return loadConfig({ environment, directory: '/srv/signet' })
}

const production = {
  SIGNET_ENV: 'production',
  SIGNET_ISSUER: 'https://auth.example.com',
  SIGNET_DATABASE_URL: 'postgresql://signet@db.example.com/signet?sslmode=verify-full',
  SIGNET_MASTER_SECRET: 'q3TzVh0Jw8m1Kx5Rb7Yc2Nd9Lf4Gs6Pa',
}

test('nothing is allowed unless it is said', () => {
  assert.deepEqual(load('').outboundPrivateHosts, [])
  assert.deepEqual(load('').warnings, [])
})

test('what is allowed is told at start', () => {
  const config = load(' apps.internal:8443, [fd00::5]:443 ,localhost:*,apps.internal:8443')
  assert.deepEqual(config.outboundPrivateHosts, [
    'apps.internal:8443',
    '[fd00::5]:443',
    'localhost:*',
  ])
  assert.match(config.warnings.join('\n'), /apps\.internal:8443.*SIGNET_OUTBOUND_PRIVATE_HOSTS/u)
})

for (const bad of [
  '*',
  '*:443',
  '*.internal:443',
  'apps.internal',
  'apps.internal:',
  'apps.internal:0',
  'apps.internal:65536',
  'https://apps.internal:443',
  'Apps.Internal:443',
  '0x7f.1:443',
  'apps.internal/path:443',
  'user@apps.internal:443',
  'fd00::5:443',
])
  test(`refused: ${bad}`, () => {
    assert.throws(() => load(bad), ConfigError)
  })

test('production names every port', () => {
  assert.throws(() => load('apps.internal:*', production), /names? the port|every port/u)
  const { outboundPrivateHosts } = load('apps.internal:8443', production)
  assert.deepEqual(outboundPrivateHosts, ['apps.internal:8443'])
})
