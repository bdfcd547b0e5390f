import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { type Installation, install } from './testing/installation.ts'
import { type StartOptions, startProcess } from './testing/start-process.ts'
import { temporaryDirectory } from './testing/temporary-directory.ts'
import { query } from './testing/writers.ts'

const isRoot = process.geteuid?.() === 0
/** A user whose number has no name, as in many containers. Where we are not root there are only ourselves. */
const somebody = isRoot ? 23_456 : (process.geteuid?.() ?? 0)
const nobody = 65_534
const as = (user: number) =>
  isRoot ? ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups'] : []
/** Where we are not root, we are at least in a user namespace. */
const asRoot = isRoot ? [] : ['unshare', '-Ur']

const directory = mkdtempSync(join(tmpdir(), 'signet-pg-installed-'))
chmodSync(directory, 0o755)
after(() => rmSync(directory, { recursive: true, force: true }))
const installed: Installation = install(directory)

function makeHome(parent: string, owner: number): string {
  const home = join(parent, `home-of-${owner}`)
  mkdirSync(home, { mode: 0o700 })
  if (isRoot) chownSync(home, owner, owner)
  return home
}

/** Starts, asks, stops; returns whose the data is. */
async function startOnce(dataDir: string, options: StartOptions): Promise<number> {
  const starter = startProcess(dataDir, { ...installed, ...options })
  try {
    const { event, message, detail, address } = await starter.outcome
    assert.equal(event, 'ready', `${message} ${detail}`)
    assert.deepEqual(await query(address, 'select 1 as one'), [{ one: 1 }])
  } finally {
    await starter.stop()
  }
  return statSync(join(dataDir, 'postgres', 'cluster')).uid
}

/** A data directory that this user made and owns, at rest. */
async function madeBy(t: TestContext, user: number): Promise<string> {
  const dataDir = join(makeHome(temporaryDirectory(t).path, user), 'data')
  await startOnce(dataDir, { prefix: as(user) })
  return dataDir
}

for (const user of isRoot ? [somebody, nobody] : [somebody]) {
  test(`user ${user} runs it in a home of mode 700, with a program that only root can write`, async (t) => {
    const home = makeHome(temporaryDirectory(t).path, user)
    const dataDir = join(home, 'data')
    assert.equal(await startOnce(dataDir, { prefix: as(user) }), user)
    assert.equal(await startOnce(dataDir, { prefix: as(user) }), user)
  })
}

test('root runs it in a home of mode 700', async (t) => {
  const owner = process.geteuid?.() ?? 0
  const home = makeHome(temporaryDirectory(t).path, owner)
  assert.equal(await startOnce(join(home, 'data'), { prefix: asRoot }), owner)
})

test('a directory of somebody else is refused in a sentence', async (t) => {
  const { path } = temporaryDirectory(t)
  const home = join(path, 'home')
  mkdirSync(home)
  chmodSync(home, isRoot ? 0o755 : 0o555)
  const starter = startProcess(join(home, 'data'), { ...installed, prefix: as(somebody) })
  const { code, message } = await starter.outcome
  assert.equal(code, 'DIRECTORY_NOT_WRITABLE')
  assert.match(message, /cannot be written: .*home\/data \(EACCES\)\. Give it to the user/)
})

test('a file in place of the directory is refused in a sentence', async (t) => {
  const file = join(temporaryDirectory(t).path, 'data')
  writeFileSync(file, 'not a directory')
  const { code, message } = await startProcess(file, installed).outcome
  assert.equal(code, 'DIRECTORY_NOT_WRITABLE')
  assert.match(message, /cannot be written: .*data \(E\w+\)/)
})

test('where root may neither make a user namespace nor become anybody, it says so', async (t) => {
  const dataDir = join(temporaryDirectory(t).path, 'data')
  // Root of a user namespace with one user in it, in which no other namespace may be made.
  const forbid = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$0" "$@"'
  const prefix = ['unshare', '-Ur', 'sh', '-c', forbid]
  const { code, message, detail } = await startProcess(dataDir, { prefix }).outcome
  assert.equal(code, 'ROOT_NOT_POSSIBLE')
  assert.match(message, /does not run as root, .* set SIGNET_DATABASE_URL\.$/)
  assert.match(detail ?? '', /as root in a user namespace: unshare: /)
})

if (isRoot) {
  test("root in somebody else's home runs it as them, and they can go on themselves", async (t) => {
    const home = makeHome(temporaryDirectory(t).path, somebody)
    const dataDir = join(home, 'data')
    assert.equal(await startOnce(dataDir, {}), somebody)
    assert.equal(await startOnce(dataDir, { prefix: as(somebody) }), somebody)
    assert.equal(await startOnce(dataDir, {}), somebody)
  })

  test('root runs nothing that the owner of the data directory planted', async (t) => {
    const dataDir = await madeBy(t, somebody)
    const folder = join(dataDir, 'postgres')
    const planted = join(folder, 'run', 'lib', 'libcap-ng.so.0')
    rmSync(join(folder, 'cluster'), { recursive: true })
    // The loader would complain of it, whichever program looks for its libraries there.
    writeFileSync(planted, 'no library')
    chownSync(planted, somebody, somebody)
    assert.equal(await startOnce(dataDir, {}), somebody)
    assert.equal(existsSync(planted), false)
  })

  test('root follows no link, and waits for no pipe, in place of the log', async (t) => {
    const dataDir = await madeBy(t, somebody)
    const log = join(dataDir, 'postgres', 'postgres.log')
    const target = join(dirname(dirname(dataDir)), 'of-root')
    writeFileSync(target, 'precious', { mode: 0o644 })
    const plants = [
      () => symlinkSync(target, log),
      () => execFileSync('mkfifo', [log]),
      () => linkSync(target, log),
      () => mkdirSync(log),
    ]
    for (const plant of plants) {
      rmSync(log, { force: true })
      plant()
      const { code, message } = await startProcess(dataDir, installed).outcome
      assert.match(code, /^DIRECTORY_/, message)
      assert.match(message, /postgres\.log/)
      assert.equal(readFileSync(target, 'utf8'), 'precious')
      assert.equal(statSync(target).uid, 0)
    }
  })

  test('root does not replace what the owner of the data directory linked to', async (t) => {
    const dataDir = await madeBy(t, somebody)
    const target = join(dirname(dirname(dataDir)), 'of-root')
    mkdirSync(target, { mode: 0o755 })
    writeFileSync(join(target, 'kept'), '')
    const libraries = join(dataDir, 'postgres', 'run', 'lib')
    rmSync(libraries, { recursive: true })
    symlinkSync(target, libraries)
    const { code } = await startProcess(dataDir, installed).outcome
    assert.equal(code, 'DIRECTORY_FOREIGN')
    assert.deepEqual(readdirSync(target), ['kept'])
  })

  test("root's folder in a directory of somebody else is refused", async (t) => {
    const dataDir = await madeBy(t, somebody)
    chownSync(join(dataDir, 'postgres'), 0, 0)
    const { code, message } = await startProcess(dataDir, installed).outcome
    assert.equal(code, 'DIRECTORY_FOREIGN')
    assert.match(message, /belongs to user 23456, and .*postgres in it to user 0\. Give both/)
  })

  test('root without user namespaces runs it as a system user, and goes on so with them', async (t) => {
    const dataDir = join(temporaryDirectory(t).path, 'data')
    const owner = await startOnce(dataDir, { prefix: ['sh', '-c', withoutUserNamespaces] })
    assert.notEqual(owner, 0)
    assert.equal(await startOnce(dataDir, {}), owner)
  })

  test('a user without a name and without user namespaces is told so', async (t) => {
    const home = makeHome(temporaryDirectory(t).path, somebody)
    const prefix = ['sh', '-c', withoutUserNamespaces, ...as(somebody)]
    const { code, message } = await startProcess(join(home, 'data'), { ...installed, prefix })
      .outcome
    assert.equal(code, 'USER_WITHOUT_NAME')
    assert.match(message, /Start Signet as a user that is in \/etc\/passwd/)
  })
}

/**
 * All users of the machine, in a user namespace in which no other one may be made. The map must be written from outside,
 * which the first shell does for the second; a machine that allows no user namespace at all needs no such trick.
 */
const withoutUserNamespaces = `
unshare -U true || exec "$0" "$@"
exec 3<&0
mkfifo_dir=$(mktemp -d) && mkfifo "$mkfifo_dir/mapped"
(
  until [ "$(readlink /proc/$$/ns/user)" != "$(readlink /proc/self/ns/user)" ]; do :; done
  echo 0 0 65536 > /proc/$$/uid_map && echo 0 0 65536 > /proc/$$/gid_map
  echo > "$mkfifo_dir/mapped"; rm -r "$mkfifo_dir"
) &
exec unshare -U sh -c '
  read -r _ < "$0/mapped"
  exec sh -c "echo 0 > /proc/sys/user/max_user_namespaces && exec \\"\\$0\\" \\"\\$@\\" <&3" "$@"
' "$mkfifo_dir" "$0" "$@"
`
