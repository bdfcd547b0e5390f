import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { migrationState } from '../db/migrate.ts'
import { createTestDatabase, type TestDatabase } from '../testing/database.ts'
import { parseEmail } from '../users/identifier.ts'
import { openAccount } from '../users/open-account.ts'
import { databaseEnvironment, runAtTerminal, runSignet } from './testing/spawn-signet.ts'

const password = 'CANARY a long sentence is best'
let database: TestDatabase
let environment: Record<string, string>
const directory = mkdtempSync(join(tmpdir(), 'signet-commands-'))
const passwordFile = join(directory, 'password')
writeFileSync(passwordFile, `${password}\n`)

before(async () => {
  database = await createTestDatabase()
  environment = databaseEnvironment(database.address)
})
after(async () => {
  rmSync(directory, { recursive: true })
  await database.drop()
})

/** Runs a command against the test's database, and expects that its password does not show. */
async function signet(args: string[], input?: string) {
  const ran = await runSignet(args, { environment, ...(input !== undefined && { input }) })
  assert.ok(!`${ran.stdout}${ran.stderr}`.includes('CANARY'))
  return ran
}

/** Runs a command with --json, expects that it succeeds, and returns what it said. */
async function said(args: string[], input?: string) {
  const { exitCode, stdout, stderr } = await signet([...args, '--json'], input)
  assert.equal(exitCode, 0, stdout + stderr)
  return JSON.parse(stdout)
}

async function failure(args: string[], input?: string) {
  const { exitCode, stdout } = await signet([...args, '--json'], input)
  const { error } = JSON.parse(stdout)
  assert.equal(error.exitCode, exitCode)
  return error
}

describe('admin create', () => {
  const create = (email: string, ...rest: string[]) => [
    'admin',
    'create',
    '--email',
    email,
    ...rest,
  ]

  test('makes a user with a verified address and the role, from a file or standard input', async () => {
    const made = await said(create('Grace@example.com', '--password-file', passwordFile))
    assert.equal(made.created, true)
    const { identifiers, roleNames } = await said(['user', 'get', 'grace@EXAMPLE.com'])
    const address = { kind: 'email', value: 'Grace@example.com', verified: true, primary: true }
    assert.deepEqual(identifiers, [address])
    assert.deepEqual(roleNames, ['administrator', 'user'])
    const other = await said(create('ada@example.com', '--password-stdin'), `${password}\r\n`)
    assert.notEqual(other.userId, made.userId)
  })

  test('gives the role to whoever has the address, and says so', async () => {
    const again = await said(
      create('grace@example.com', '--password-stdin'),
      'another long sentence',
    )
    assert.equal(again.created, false)
    assert.equal(again.userId, (await said(['user', 'get', 'grace@example.com'])).id)
  })

  test('with --dry-run decides everything and keeps nothing', async () => {
    const args = create('mary@example.com', '--password-file', passwordFile, '--dry-run')
    assert.equal((await said(args)).created, true)
    assert.equal((await failure(['user', 'get', 'mary@example.com'])).code, 'NOT_FOUND')
    const short = await failure(
      create('mary@example.com', '--password-stdin', '--dry-run'),
      'short',
    )
    assert.equal(short.code, 'PASSWORD_REJECTED')
  })

  test('refuses weak passwords and what is no address, and names what is wrong', async () => {
    const weak = await failure(create('mary@example.com', '--password-stdin'), 'password')
    assert.equal(weak.code, 'PASSWORD_REJECTED')
    assert.equal(weak.exitCode, 1)
    const address = await failure(create('mary', '--password-file', passwordFile))
    assert.equal(address.code, 'INVALID_ARGUMENT')
    assert.match(address.message, /@/)
  })

  test('asks at a terminal, twice and unseen', async () => {
    const typed = await runAtTerminal(create('joan@example.com'), {
      environment,
      input: `${password}\n${password}`,
    })
    assert.equal(typed.exitCode, 0, typed.stdout)
    assert.ok(!typed.stdout.includes('CANARY'))
    assert.match(typed.stdout, /Password: \r\n.*The same again: \r\n/)
    assert.ok((await said(['user', 'get', 'joan@example.com'])).id)
  })

  test('keeps nothing where the two differ, or where the operator stops', async () => {
    const options = { environment, input: `${password}\n${password}!` }
    const differs = await runAtTerminal(create('kate@example.com'), options)
    assert.match(differs.stdout, /The two passwords are not the same/)
    assert.equal(differs.exitCode, 1)
    const stopped = await runAtTerminal(create('kate@example.com'), { environment, input: '^C' })
    assert.match(stopped.stdout, /Nothing was changed/)
    assert.equal(stopped.exitCode, 1)
    assert.equal((await failure(['user', 'get', 'kate@example.com'])).code, 'NOT_FOUND')
  })

  test('without a terminal says how to give a password', async () => {
    const missing = await failure(create('kate@example.com'))
    assert.equal(missing.exitCode, 2)
    assert.match(missing.fix, /--password-file.*--password-stdin/)
    const absent = await failure(
      create('kate@example.com', '--password-file', join(directory, 'absent')),
    )
    assert.match(
      absent.message,
      /^The option --password-file \/.*absent names a file that does not exist\.$/,
    )
  })
})

describe('user', () => {
  test('lists page by page, and finds by the beginning of an address', async () => {
    const first = await said(['user', 'list', '--limit', '1'])
    assert.equal(first.users.length, 1)
    const second = await said(['user', 'list', '--limit', '1', '--after', first.next])
    assert.notEqual(second.users[0].id, first.users[0].id)
    const found = await said(['user', 'list', '--search', 'GRACE@'])
    assert.deepEqual(
      found.users.map((user: { identifiers: string[] }) => user.identifiers),
      [['Grace@example.com']],
    )
    assert.deepEqual((await said(['user', 'list', '--search', 'nobody'])).users, [])
  })

  test('as text is a table on standard output', async () => {
    const { stdout, exitCode } = await signet(['user', 'list'])
    assert.equal(exitCode, 0)
    assert.match(stdout, /^id +status +signs in as +name +roles +since\n/)
    assert.match(stdout, /Grace@example\.com/)
  })

  test('suspends and opens again, each once, and rehearses both', async () => {
    const rehearsed = await said(['user', 'suspend', 'ada@example.com', '--dry-run'])
    assert.equal(rehearsed.changed, true)
    assert.equal((await said(['user', 'get', 'ada@example.com'])).status, 'active')
    assert.equal(
      (await said(['user', 'suspend', 'ada@example.com', '--reason', 'left'])).changed,
      true,
    )
    assert.equal((await said(['user', 'suspend', 'ada@example.com'])).changed, false)
    assert.equal((await said(['user', 'get', 'ada@example.com'])).status, 'suspended')
    assert.equal((await said(['user', 'list', '--status', 'suspended'])).users.length, 1)
    assert.equal((await said(['user', 'unsuspend', 'ada@example.com'])).changed, true)
    assert.equal((await said(['user', 'unsuspend', 'ada@example.com'])).changed, false)
  })

  test('does not guess whom an address means that several claim without proof', async () => {
    const parsed = parseEmail('claimed@example.com', 'email')
    assert.ok('identifier' in parsed)
    const claim = { identifier: parsed.identifier, passwordHash: '', displayName: '', locale: '' }
    const claimant = () => database.db.transaction((tx) => openAccount(tx, claim, new Date()))
    const first = await claimant()
    assert.equal((await said(['user', 'get', 'claimed@example.com'])).id, first)
    const second = await claimant()
    const ambiguous = await failure(['user', 'suspend', 'claimed@example.com'])
    assert.equal(ambiguous.code, 'AMBIGUOUS')
    for (const id of [first, second]) assert.ok(ambiguous.fix.includes(id))
    const admin = ['admin', 'create', '--email', 'claimed@example.com', '--password-stdin']
    const rehearsed = await said([...admin, '--dry-run'], password)
    assert.deepEqual([rehearsed.created, rehearsed.unverifiedClaims], [true, 2])
    const told = await signet([...admin, '--dry-run'], password)
    assert.match(told.stdout, /2 other accounts claim the address without proof/)
    const listed = await signet(['user', 'list', '--search', 'claimed@'])
    assert.match(listed.stdout, /claimed@example\.com \(not verified\)/)
    const proof = { ...claim, verifiedAt: new Date() }
    const owner = await database.db.transaction((tx) => openAccount(tx, proof, new Date()))
    assert.equal((await said(['user', 'get', 'claimed@example.com'])).id, owner)
  })

  test('says which user is not there, or not meant', async () => {
    const nobody = await failure(['user', 'suspend', '01a20491-45cf-7310-88f1-2d3728d5b05a'])
    assert.equal(nobody.code, 'NOT_FOUND')
    assert.equal((await failure(['user', 'get', 'nobody@example.com'])).exitCode, 1)
    assert.equal((await failure(['user', 'get', 'nobody'])).exitCode, 2)
  })
})

describe('migrate', () => {
  test('brings an empty database up, once, and rehearses it', async () => {
    const empty = await createTestDatabase({ empty: true })
    try {
      const own = { environment: databaseEnvironment(empty.address) }
      const run = async (...args: string[]) => {
        const { stdout, exitCode } = await runSignet([...args, '--json'], own)
        return { ...JSON.parse(stdout), exitCode }
      }
      const refused = await run('user', 'list')
      assert.equal(refused.error.code, 'MIGRATIONS_PENDING')
      assert.match(refused.error.fix, /npm run signet -- migrate/)
      const rehearsed = await run('migrate', '--dry-run')
      assert.notEqual(rehearsed.pending.length, 0)
      assert.equal((await migrationState(empty.db)).applied.length, 0)
      assert.deepEqual((await run('migrate')).applied, rehearsed.pending)
      assert.deepEqual((await run('migrate')).applied, [])
      assert.deepEqual((await run('user', 'list')).users, [])
    } finally {
      await empty.drop()
    }
  })
})

describe('a database that is away', () => {
  const away = { SIGNET_DATABASE_URL: 'postgres://a@127.0.0.1:1/d' }

  test('is exit code 69 for every verb that needs it', async () => {
    for (const args of [['user', 'list'], ['migrate'], ['events', 'verify'], ['status']]) {
      const { exitCode, stdout, stderr } = await runSignet(args, { environment: away })
      assert.equal(exitCode, 69, `${args.join(' ')}: ${stdout}${stderr}`)
      assert.match(stdout + stderr, /cannot be reached/)
    }
  })

  test('is told apart from one that does not exist on a running server', async () => {
    const address = { ...database.address, database: 'no_such_database' }
    const ran = await runSignet(['user', 'list', '--json'], {
      environment: databaseEnvironment(address),
    })
    assert.equal(ran.exitCode, 69)
    assert.equal(JSON.parse(ran.stdout).error.code, 'DATABASE_MISSING')
  })

  test('and from one that refuses the user', async () => {
    const address = { ...database.address, user: 'no_such_user' }
    const ran = await runSignet(['migrate', '--json'], {
      environment: databaseEnvironment(address),
    })
    assert.equal(ran.exitCode, 77)
    assert.equal(JSON.parse(ran.stdout).error.code, 'DATABASE_SIGN_IN')
  })
})
