import assert from 'node:assert/strict'
import { appendFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { ContractError } from './contract.ts'
import { findContractDefects, generateContract } from './contract-step.ts'
import { repositoryRoot } from './generated-file.ts'

let root: string

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'signet-contract-'))
  await restore()
})
after(() => rm(root, { recursive: true }))

async function restore(): Promise<void> {
  for (const directory of ['proto', 'packages/contract/src/gen'])
    await cp(join(repositoryRoot, directory), join(root, directory), { recursive: true })
}

interface Edit {
  file: string
  from: string
  to: string
}

/** Replaces one text of our protos. A text that is not there is a mistake of the test. */
async function edit({ file, from, to }: Edit): Promise<void> {
  const path = join(root, 'proto/signet/v1', file)
  const source = await readFile(path, 'utf8')
  assert.ok(source.includes(from), `${file} does not contain ${from}`)
  await writeFile(path, source.replace(from, to))
}

describe('staleness', () => {
  it('finds the committed contract current', async () => {
    assert.deepEqual(await generateContract({ check: true, root }), [])
  })

  it('reports a generated file in which one byte differs', async () => {
    await appendFile(join(root, 'packages/contract/src/gen/signet/v1/auth_pb.ts'), ' ')
    assert.deepEqual(await generateContract({ check: true, root }), [
      'packages/contract/src/gen/signet/v1/auth_pb.ts',
    ])
    await restore()
  })

  it('reports a proto that is not formatted, and mends it with what is made from it', async () => {
    await edit({ file: 'user.proto', from: '  bool verified = 3;', to: 'bool   proved = 3;' })
    const stale = ['proto/signet/v1/user.proto', 'packages/contract/src/gen/signet/v1/user_pb.ts']
    assert.deepEqual(await generateContract({ check: true, root }), stale)
    assert.deepEqual(await generateContract({ check: false, root }), stale)
    assert.deepEqual(await generateContract({ check: true, root }), [])
    const mended = await readFile(join(root, 'proto/signet/v1/user.proto'), 'utf8')
    assert.match(mended, /^ {2}bool proved = 3;$/m)
    await restore()
  })

  it('refuses a contract that does not compile', async () => {
    await edit({ file: 'user.proto', from: 'bool verified = 3;', to: 'bool verified = 2;' })
    await assert.rejects(generateContract({ check: true, root }), ContractError)
    await restore()
  })
})

describe('rules', () => {
  it('finds nothing wrong with the committed contract', async () => {
    assert.deepEqual(await findContractDefects(join(root, 'proto')), [])
  })

  it('catches what must not be left out or contradict', async () => {
    const auth = 'auth.proto'
    const bind = (verb: string, path: string) => `${verb}: "/api/v1/auth/${path}"`
    await edit({ file: auth, from: '    option (signet.v1.access) = {public: true};\n', to: '' })
    await edit({ file: auth, from: 'INVALID_CREDENTIALS, ', to: 'INVALID_PASSWORD, ' })
    await edit({ file: auth, from: bind('post', 'sign-in'), to: bind('post', 'sign-up') })
    await edit({
      file: auth,
      from: bind('post', 'validate-credentials'),
      to: bind('get', 'Validate_Credentials'),
    })
    await edit({
      file: auth,
      from: bind('get', 'password-policy'),
      to: bind('get', 'password-policy/{polcy_id}'),
    })
    await edit({
      file: auth,
      from: '  // Whether passwords that many people use are refused.\n',
      to: '',
    })
    await edit({
      file: 'event.proto',
      from: '{permission: "events.read"}',
      to: '{permission: "read"}',
    })
    await edit({
      file: 'event.proto',
      from: '{get: "/api/v1/events/watch"}',
      to: '{get: "/events"}',
    })
    await edit({
      file: 'event.proto',
      from: 'bool until_now = 2',
      to: 'map<string, bool> until_now = 2',
    })
    await edit({
      file: 'user.proto',
      from: '{get: "/api/v1/users/me"}',
      to: '{delete: "/api/v1/users/me"}',
    })
    await edit({ file: 'user.proto', from: '.example = "Ada Lovelace"', to: '.max_len = 100' })
    const found = await findContractDefects(join(root, 'proto'))
    await restore()

    const expected = [
      /auth\.proto:\d+: AuthService\.SignUp: states no \(signet\.v1\.access\): say who may call it$/,
      /AuthService\.SignIn: "Errors:" names INVALID_PASSWORD, which is no ErrorReason$/,
      /AuthService\.SignIn: POST \/api\/v1\/auth\/sign-up is already bound to AuthService\.SignUp$/,
      /AuthService\.ValidateCredentials: \/api\/v1\/auth\/Validate_Credentials is not in kebab-case$/,
      /AuthService\.ValidateCredentials: a GET carries no body$/,
      /AuthService\.ValidateCredentials: a GET needs idempotency_level = NO_SIDE_EFFECTS$/,
      /AuthService\.GetPasswordPolicy: .* names polcy_id, which GetPasswordPolicyRequest lacks$/,
      /auth\.proto:\d+:\d+:.*"refuses_common" should have a non-empty comment/,
      /EventService\.WatchEvents: "read" is no permission like "users\.write"$/,
      /EventService\.WatchEvents: \/events does not start with \/api\/v1\/$/,
      /EventService\.WatchEvents: until_now cannot be written as query parameters$/,
      /UserService\.GetMe: NO_SIDE_EFFECTS is bound to DELETE; use get$/,
      /user\.proto:\d+: User\.display_name: has no example/,
    ]
    for (const finding of expected)
      assert.ok(
        found.some((line) => finding.test(line)),
        `${finding} is missing in:\n${found.join('\n')}`,
      )
    assert.equal(found.length, expected.length, found.join('\n'))
  })

  it('names the line of the declaration', async () => {
    await edit({
      file: 'user.proto',
      from: '    option (signet.v1.access) = {user: true};\n',
      to: '',
    })
    const source = await readFile(join(root, 'proto/signet/v1/user.proto'), 'utf8')
    const line = source.split('\n').findIndex((text) => text.includes('rpc GetMe')) + 1
    const found = await findContractDefects(join(root, 'proto'))
    await restore()
    const prefix = `proto/signet/v1/user.proto:${line}: UserService.GetMe: states no`
    assert.ok(
      found.some((finding) => finding.startsWith(prefix)),
      found.join('\n'),
    )
  })
})
