/** The demo as people run it: it tells the whole story, fails where the service does, and leaves nothing behind. */

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { runSignet } from '../../packages/server/src/cli/testing/spawn-signet.ts'
import { createTestDatabase } from '../../packages/server/src/testing/database.ts'
import { databaseEnvironment, eventually } from '../../tests/client.ts'
import { type OwnServer, startServer } from './own-server.ts'

/** A demo starts two processes and a database, and others may keep the machine busy. */
const patienceMs = 120_000

/** What is temporary goes here, so that what is left can be seen. */
let temporary: string
before(async () => {
  temporary = await mkdtemp(join(tmpdir(), 'signet-demo-test-'))
})
after(() => rm(temporary, { recursive: true, force: true }))

interface Demo {
  child: ChildProcess
  output(): string
  exited: Promise<number | null>
}

function startDemo(args: string[], environment: Record<string, string> = {}): Demo {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: temporary, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const exited = once(child, 'close').then(([code]) => code as number | null)
  return { child, output: () => output, exited }
}

/** The addresses of what the demo says that it has started. */
function addressesIn(output: string): string[] {
  const addresses = output.split('\n', 1)[0]?.match(/http:\/\/[\d.:]+/g) ?? []
  assert.equal(addresses.length, 2, output)
  return addresses
}

const answers = (address: string) => fetch(address).then(Boolean, () => false)

async function assertNothingLeft(addresses: string[]): Promise<void> {
  for (const address of addresses) assert.equal(await answers(address), false, address)
  assert.deepEqual(await readdir(temporary), [])
}

test('tells the whole story, each step with its time, and ends what it started', async () => {
  const demo = startDemo(['--once'])
  assert.equal(await demo.exited, 0, demo.output())
  const output = demo.output()
  const steps = output.split('\n').filter((line) => line.startsWith('  ✔'))
  assert.equal(steps.length, 10, output)
  for (const step of steps) assert.match(step, / \d+ ms {2}\S/)
  assert.equal(output.match(/accepted, verified in [\d.]+ ms, 0 calls to Signet/g)?.length, 2)
  assert.match(output, /\n {6}Refused by ledger-api after \d+ ms\.\n/)
  assert.match(output, /refused: revoked, [\d.]+ ms after the answer of the sign-out, 0 calls/)
  assert.match(output, /\nEvery step did what it must\.\n$/)
  await assertNothingLeft(addressesIn(output))
})

test('without --once it stays, and ends everything when it is told to', async () => {
  const demo = startDemo([])
  await eventually('it stays up', async () => /Both stay up/.test(demo.output()), patienceMs)
  const addresses = addressesIn(demo.output())
  for (const address of addresses) assert.equal(await answers(address), true)
  demo.child.kill('SIGTERM')
  assert.equal(await demo.exited, 0)
  await assertNothingLeft(addresses)
})

test('killed, it takes with it what it started', async () => {
  const demo = startDemo([])
  await eventually('it stays up', async () => /Both stay up/.test(demo.output()), patienceMs)
  const addresses = addressesIn(demo.output())
  demo.child.kill('SIGKILL')
  for (const address of addresses) {
    await eventually(`${address} is gone`, async () => !(await answers(address)))
  }
  // What is killed cannot tidy up its folders.
  for (const name of await readdir(temporary)) {
    await eventually('the folder is at rest', () =>
      rm(join(temporary, name), { recursive: true, force: true }).then(
        () => true,
        () => false,
      ),
    )
  }
})

/** A way to a server on which no request passes that holds the text. */
async function openBarrier(url: string, text: string): Promise<Server> {
  const { hostname, port } = new URL(url)
  const barrier = createServer((near) => {
    const far = connect(Number(port), hostname)
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('error', () => to.destroy())
      from.on('close', () => to.destroy())
    }
    far.pipe(near)
    near.on('data', (chunk) => {
      if (chunk.includes(text)) near.destroy()
      else far.write(chunk)
    })
  }).listen(0, '127.0.0.1')
  await once(barrier, 'listening')
  return barrier
}

test('a step that fails is told, and ends what was started; the client of the API is disabled', async (t) => {
  const server = await startServer()
  t.after(() => server.stop())
  const barrier = await openBarrier(server.url, '/api/v1/auth/refresh')
  t.after(() => barrier.close())
  const { port } = barrier.address() as AddressInfo
  const environment = {
    SIGNET_DATA_DIR: server.dataDir,
    SIGNET_HTTP_ADDRESS: new URL(server.url).host,
  }
  const demo = startDemo(['--once', '--url', `http://127.0.0.1:${port}`], environment)
  assert.equal(await demo.exited, 1, demo.output())
  assert.match(demo.output(), /✔ API {3}call the API .*\n.*\n {2}✘ both {2}two tabs refresh/)
  assert.match(demo.output(), /\nA step failed; its own words are above\.\n$/)
  await assertNothingLeft(addressesIn(demo.output()).slice(1))
  assert.equal(await answers(server.url), true)
  const { stdout } = await runSignet(['client', 'list', '--json'], { environment })
  const { clients } = JSON.parse(stdout) as { clients: { id: string; status: string }[] }
  const ours = clients.find(({ id }) => id.startsWith('demo-ledger-'))
  assert.equal(ours?.status, 'disabled')
})

test('says in a sentence that no server answers, and what it does not understand', async () => {
  const alone = startDemo(['--once', '--url', 'http://127.0.0.1:1'])
  assert.equal(await alone.exited, 1)
  assert.equal(
    alone.output(),
    'No server answers at http://127.0.0.1:1. Start one with npm start.\n',
  )
  const slip = startDemo(['--onec'])
  assert.equal(await slip.exited, 2)
  assert.match(slip.output(), /'--onec'[\s\S]*Usage: npm run demo/)
  await assertNothingLeft([])
})

test('a server that begins with a warning comes up all the same', async () => {
  const { address, drop } = await createTestDatabase()
  let server: OwnServer | undefined
  try {
    server = await startServer({
      ...databaseEnvironment(address),
      SIGNET_MASTER_SECRET: randomBytes(36).toString('base64'),
      SIGNET_ENV: 'production',
      SIGNET_ISSUER: 'https://id.example.com',
    })
    assert.equal(await answers(server.url), true)
  } finally {
    await server?.stop()
    await drop()
  }
})
