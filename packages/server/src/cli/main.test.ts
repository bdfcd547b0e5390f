import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import { runSignet, spawnSignet } from './testing/spawn-signet.ts'

describe('help', () => {
  test('is a result: on standard output, with exit code 0', async () => {
    for (const args of [
      ['--help'],
      ['help'],
      ['user', 'list', '--help'],
      ['help', 'start'],
      ['help', 'user', 'list'],
    ]) {
      const { exitCode, stdout, stderr } = await runSignet(args)
      assert.equal(exitCode, 0, args.join(' '))
      assert.match(stdout, /^Usage: npm run signet --/)
      assert.equal(stderr, '')
    }
  })

  test('names every verb and every exit code', async () => {
    const { stdout } = await runSignet(['--help'])
    for (const word of ['start', 'status', 'migrate', 'config', 'admin', 'user', 'events'])
      assert.match(stdout, new RegExp(`^  ${word} `, 'm'))
    for (const code of [0, 1, 2, 69, 77, 78]) assert.match(stdout, new RegExp(`^  ${code} `, 'm'))
  })

  test('works whatever the configuration is', async () => {
    const environment = { SIGNET_NONSENSE: '1' }
    assert.equal((await runSignet(['--help'], { environment })).exitCode, 0)
    assert.match((await runSignet(['--version'], { environment })).stdout, /^\d+\.\d+\.\d+\n$/)
  })
})

describe('what is not understood is exit code 2, on standard error', () => {
  const wrong: [string[], RegExp][] = [
    [[], /^Usage: npm run signet --/],
    [['user'], /^Usage: npm run signet -- user/],
    [['satrt'], /^Unknown command 'satrt'\.\n\(Did you mean start\?\)/],
    [['user', 'lst'], /^Unknown command 'lst'\.\n\(Did you mean list\?\)/],
    [['status', '--jsn'], /^Unknown option '--jsn'\.\n\(Did you mean --json\?\)/],
    [['key', 'revoke', '-w4BO'], /^Unknown option '-w4BO'\..*\nA value that begins with a dash /s],
    [['help', 'usr'], /^Unknown command 'usr'\.\n/],
    [['help', 'user', 'lst'], /^Unknown command 'lst'\.\n/],
    [['status', 'now'], /^Too many arguments/],
    [['admin', 'create'], /--email <address>' not specified\./],
    [['user', 'list', '--limit', '0'], /It is a whole number from 1 to 1000/],
    [['user', 'list', '--status', 'gone'], /Allowed choices are active, suspended/],
    [['user', 'list', '--after', 'x'], /It is the id of a user/],
    [['user', 'get'], /^Missing required argument 'user'/],
    [['events', 'verify', '--anchor', '5'], /It is a number and a hash/],
    [
      ['admin', 'create', '--email', 'a', '--password-file', 'b', '--password-stdin'],
      /cannot be used with/,
    ],
    [
      ['admin', 'create', '--email', 'a@example.com', '--password', 'x'],
      /^Unknown option '--password'\./,
    ],
  ]
  for (const [args, message] of wrong) {
    test(`signet ${args.join(' ')}`, async () => {
      const { exitCode, stdout, stderr } = await runSignet(args)
      assert.match(stderr, message)
      assert.equal(exitCode, 2)
      assert.equal(stdout, '')
    })
  }

  test('and with --json it is told as JSON', async () => {
    const { exitCode, stdout, stderr } = await runSignet(['status', '--json', '--tpyo'])
    assert.equal(exitCode, 2)
    const { error } = JSON.parse(stdout)
    assert.equal(error.code, 'USAGE')
    assert.equal(error.exitCode, 2)
    assert.match(error.message, /^Unknown option '--tpyo'\./)
    assert.equal(stderr, '')
  })
})

describe('a wrong configuration is exit code 78', () => {
  const environment = { SIGNET_LOG_LEVEL: 'loud', SIGNET_ISUER: 'x' }

  test('told whole, before anything else is done', async () => {
    for (const args of [['config', 'check'], ['start'], ['status'], ['user', 'list']]) {
      const { exitCode, stdout, stderr } = await runSignet(args, { environment })
      assert.equal(exitCode, 78, args.join(' '))
      assert.equal(stdout, '')
      assert.match(stderr, /^The configuration has 2 problems\.\n/)
      assert.match(stderr, /Did you mean SIGNET_ISSUER\?/)
    }
  })

  test('and with --json its problems are a list', async () => {
    const { exitCode, stdout } = await runSignet(['config', 'check', '--json'], { environment })
    assert.equal(exitCode, 78)
    const { error } = JSON.parse(stdout)
    assert.equal(error.code, 'CONFIG')
    const names = error.details.map(({ variable }: { variable: string }) => variable)
    assert.deepEqual(names, ['SIGNET_ISUER', 'SIGNET_LOG_LEVEL'])
  })

  test('an env file can be named, and its line is told', async () => {
    const args = ['config', 'check', '--settings', '/usr/lib/absent.env']
    assert.match(
      (await runSignet(args)).stderr,
      /--settings {3}\/usr\/lib\/absent\.env\n +names a file that does not exist/,
    )
  })
})

test('a right configuration is shown without its secrets', async () => {
  const canary = 'CANARY-q3TzVh0Jw8m1Kx5Rb7Yc2Nd9Lf4Gs6Pa'
  const environment = {
    SIGNET_MASTER_SECRET: canary,
    SIGNET_DATABASE_URL: `postgres://ada:${canary}@db.example.com/signet`,
  }
  for (const args of [
    ['config', 'check'],
    ['config', 'check', '--json'],
  ]) {
    const { exitCode, stdout, stderr } = await runSignet(args, { environment })
    assert.equal(exitCode, 0, stderr)
    assert.ok(!`${stdout}${stderr}`.includes('CANARY'))
    assert.ok(stdout.includes('db.example.com'))
  }
})

test('colours appear only where they are wanted', async () => {
  const csi = '\u001b['
  const bad = { SIGNET_DATABASE_URL: 'postgres://a@127.0.0.1:1/d' }
  const plain = await runSignet(['user', 'list'], { environment: bad })
  assert.ok(!plain.stderr.includes(csi), plain.stderr)
  const forced = await runSignet(['user', 'list'], { environment: { ...bad, FORCE_COLOR: '1' } })
  assert.ok(forced.stderr.includes(csi), forced.stderr)
  const both = { ...bad, NO_COLOR: '1' }
  assert.ok(!(await runSignet(['user', 'list'], { environment: both })).stderr.includes(csi))
})

test('a reader that has enough is no failure', async () => {
  const child = spawnSignet(['--help'])
  child.stdout.destroy()
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const [exitCode] = await once(child, 'close')
  assert.equal(stderr, '')
  assert.equal(exitCode, 0)
})
