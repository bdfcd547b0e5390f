import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorReason } from '@signet/contract'
import type { PasswordHasher } from '../authenticators/password-hash.ts'
import { openPasswordHasher } from '../authenticators/password-hash.ts'
import { createMetrics } from './metrics.ts'
import { observePasswordHasher } from './observe-password-hasher.ts'
import { createTracing } from './tracing.ts'

const signIn = 'signet.v1.AuthService/SignIn'

/** The samples of one metric, without buckets. */
async function samples(page: Promise<string>, name: string): Promise<string[]> {
  const lines = (await page).split('\n')
  return lines.filter((line) => line.startsWith(name) && !line.includes('_bucket'))
}

test('calls are counted by method, wire and result; unknown paths are one label', async () => {
  const metrics = createMetrics()
  const call = { method: signIn, wire: 'rest', result: 'ok', seconds: 0.02 } as const
  metrics.observeCall(call)
  metrics.observeCall({ ...call, result: 'INVALID_CREDENTIALS' })
  for (let n = 0; n < 50; n++)
    metrics.observeCall({ ...call, method: undefined, result: 'NOT_FOUND' })
  assert.deepEqual(await samples(metrics.text(), 'signet_calls_total'), [
    `signet_calls_total{method="${signIn}",wire="rest",result="ok"} 1`,
    `signet_calls_total{method="${signIn}",wire="rest",result="INVALID_CREDENTIALS"} 1`,
    'signet_calls_total{method="unknown",wire="rest",result="NOT_FOUND"} 50',
  ])
  const seconds = await samples(metrics.text(), 'signet_call_duration_seconds_count')
  assert.deepEqual(seconds, [
    `signet_call_duration_seconds_count{method="${signIn}",wire="rest"} 2`,
    'signet_call_duration_seconds_count{method="unknown",wire="rest"} 50',
  ])
})

test('gauges read their parts when the page is made', async () => {
  const metrics = createMetrics()
  let waiting = 0
  metrics.readFrom({
    database: () => ({ total: 5, idle: 2, waiting }),
    passwordHasher: () => ({ running: 1, waiting }),
    sealer: () => ({ seq: 41n, lagSeconds: 0.5, failing: true }),
    calls: () => ({ unary: 3, stream: 4 }),
    revocations: () => ({ position: 4711n, ageMs: 250, entries: 12, watchers: 3 }),
  })
  waiting = 7
  const gauges = (await samples(metrics.text(), 'signet_')).filter(
    (line) => !/_total|duration/.test(line),
  )
  assert.deepEqual(gauges, [
    'signet_database_connections{state="busy"} 3',
    'signet_database_connections{state="idle"} 2',
    'signet_database_connections{state="waited_for"} 7',
    'signet_password_hashes{state="running"} 1',
    'signet_password_hashes{state="waiting"} 7',
    'signet_calls{state="unary"} 3',
    'signet_calls{state="stream"} 4',
    'signet_revocation_entries 12',
    'signet_revocation_position 4711',
    'signet_revocation_age_seconds 0.25',
    'signet_revocation_watchers 3',
    'signet_events_sealed 41',
    'signet_event_lag_seconds 0.5',
    'signet_event_sealer_failing 1',
  ])
})

test('process and event-loop metrics are there, and two registries are apart', async () => {
  const [one, other] = [createMetrics(), createMetrics()]
  one.observeCall({ method: signIn, wire: 'grpc', result: 'ok', seconds: 1 })
  const page = await other.text()
  for (const name of ['process_resident_memory_bytes', 'nodejs_eventloop_lag_p99_seconds'])
    assert.match(page, new RegExp(`^${name} `, 'm'))
  assert.ok(!page.includes(signIn))
  assert.match(other.contentType, /^text\/plain/)
})

test('password hashes are timed, and refused ones are counted apart', async () => {
  const metrics = createMetrics()
  const tracing = await createTracing({})
  const hasher = openPasswordHasher({ concurrency: 1, queueMax: 1 })
  const observed: PasswordHasher = observePasswordHasher(hasher, { metrics, tracing })
  const outcomes = await Promise.allSettled([
    observed.hash('correct horse'),
    observed.verify(undefined, 'correct horse'),
    observed.hash('battery staple'),
    observed.hash('one too many'),
  ])
  assert.deepEqual(
    outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason.reason),
    [false, false, false, ErrorReason.UNAVAILABLE],
  )
  assert.deepEqual(await samples(metrics.text(), 'signet_password_hashes_total'), [
    'signet_password_hashes_total{outcome="refused"} 1',
    'signet_password_hashes_total{outcome="done"} 3',
  ])
  const [count] = await samples(metrics.text(), 'signet_password_hash_duration_seconds_count')
  assert.equal(count, 'signet_password_hash_duration_seconds_count 3')
})
