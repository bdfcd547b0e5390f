/**
 * The way in on a machine that has only some Node: installs what the lock names, then runs a script under the pinned
 * Node 24 from node_modules. Plain JavaScript that Node 18 reads; everything behind it is TypeScript.
 *
 * 1. Install with `npm ci` where node_modules does not belong to this package-lock.json.
 * 2. Find the pinned Node of this platform.
 * 3. With --build, build the program where it was not built from these sources. Where it cannot be built, the sources run.
 * 4. Run the script with the same arguments and terminal, and end as it ends.
 *
 * Usage: node tools/bootstrap.mjs [--build] SCRIPT [ARGUMENT ...]
 */

import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const modules = join(root, 'node_modules')
const stamp = join(modules, '.signet-lock')
const installing = join(root, '.signet-installing')

function fail(sentence) {
  process.stderr.write(`${sentence}\n`)
  process.exit(1)
}

function isInstalled(lockHash) {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === lockHash
}

/** The process that installs at this moment; undefined where none does, or where it died on the way. */
function installer() {
  try {
    const pid = Number(readFileSync(installing, 'utf8'))
    process.kill(pid, 0)
    return pid
  } catch (error) {
    return error.code === 'EPERM' ? 'another user' : undefined
  }
}

/** Two commands in one fresh clone must not install over each other: the first makes the file, the second waits. */
async function claimInstall(lockHash) {
  let told = false
  for (;;) {
    try {
      writeFileSync(installing, String(process.pid), { flag: 'wx' })
      return true
    } catch (error) {
      if (error.code !== 'EEXIST')
        fail(
          `Signet cannot install its packages: ${root} is not writable (${error.code}). Run it from a folder of your own.`,
        )
    }
    const other = installer()
    if (other === undefined) rmSync(installing, { force: true })
    else if (!told) process.stderr.write(`Waiting for another install (process ${other}) …\n`)
    told = true
    await new Promise((resolve) => setTimeout(resolve, 200))
    if (isInstalled(lockHash)) return false
  }
}

async function install(lockHash) {
  if (!(await claimInstall(lockHash))) return
  process.stderr.write('Installing packages (only after a change of package-lock.json) …\n')
  const npm = spawnNpm()
  const stop = (signal) => npm.kill(signal)
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, stop)
  const ended = await new Promise((resolve) => {
    npm.on('error', (error) => resolve({ error }))
    npm.on('exit', (code, signal) => resolve({ code, signal }))
  })
  for (const signal of signals) process.off(signal, stop)
  if (ended.code === 0) writeFileSync(stamp, lockHash)
  rmSync(installing, { force: true })
  if (ended.signal) process.exit(128 + constants.signals[ended.signal])
  if (ended.error)
    fail(`Signet needs npm to install its packages, and npm did not start: ${ended.error.message}`)
  if (ended.code !== 0)
    fail(
      'npm could not install the packages; its own words are above. Check the network and run this again.',
    )
}

function spawnNpm() {
  const args = [
    'ci',
    '--ignore-scripts',
    '--include=dev',
    '--include=optional',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]
  const options = { cwd: root, stdio: ['ignore', 2, 2] }
  const npm = process.env.npm_execpath
  if (npm) return spawn(process.execPath, [npm, ...args], options)
  return spawn('npm', args, { ...options, shell: process.platform === 'win32' })
}

function pinnedNode() {
  const folder = join(
    modules,
    `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`,
  )
  const binary = join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  if (existsSync(binary)) return binary
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath
  fail(
    `There is no packaged Node 24 for ${process.platform}-${process.arch}, and this is Node ${process.versions.node}. Install Node 24 and run this again.`,
  )
}

async function build(node) {
  const { builtFrom } = await import('../packages/server/bin/built-program.js')
  const built = builtFrom()
  if (built !== undefined && existsSync(built.program)) return
  process.stderr.write('Building (only after a change of the sources) …\n')
  spawnSync(node, [join(root, 'tools/build/main.ts')], { stdio: ['ignore', 'ignore', 'inherit'] })
}

/** npm runs scripts in a shell, and the shell dies of a SIGTERM to npm without passing it on: Signet is to stop all the same. */
function whenShellIsGone(stop) {
  if (process.env.npm_lifecycle_event === undefined) return
  const shell = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === shell) return
    clearInterval(watch)
    stop()
  }, 250)
  watch.unref()
}

function run(node, args) {
  // The channel tells the server when this process is gone, however it went.
  const child = spawn(node, args, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] })
  // A terminal signals the whole group itself: passing SIGINT on would stop the server twice.
  process.on('SIGINT', () => {})
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  whenShellIsGone(() => child.kill('SIGTERM'))
  child.on('error', (error) =>
    fail(
      `The packaged Node did not start: ${error.message}. Remove node_modules and run this again.`,
    ),
  )
  child.on('exit', (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : code))
}

const [first, ...others] = process.argv.slice(2)
const builds = first === '--build'
const [script, ...rest] = builds ? others : [first, ...others]
if (!script) fail('Usage: node tools/bootstrap.mjs [--build] SCRIPT [ARGUMENT ...]')
const lockHash = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex')
if (!isInstalled(lockHash)) await install(lockHash)
const node = pinnedNode()
if (builds) await build(node)
run(node, [join(root, script), ...rest])
