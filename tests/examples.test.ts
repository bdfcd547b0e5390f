/** Every example, with the packed verifier, on the Node of the machine: what its README promises. */

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, readdir, readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, test } from 'node:test'
import { Client, credentials, Metadata, status } from '@grpc/grpc-js'
import {
  installPacked,
  oldNodeEnvironment,
  type Project,
} from '../packages/verifier/src/testing/pack.ts'
import {
  openScriptedIssuer,
  type ScriptedIssuer,
} from '../packages/verifier/src/testing/scripted-issuer.ts'

const root = join(import.meta.dirname, '..')
const linesMax = 80

let project: Project
let issuer: ScriptedIssuer
before(async () => {
  project = await installPacked()
  issuer = await openScriptedIssuer()
})
after(async () => {
  await issuer?.stop()
  await project?.remove()
})

interface Example {
  address: string
  stop(): Promise<void>
}

/** Starts an example with what its manifest names, and nothing else of this repository. */
async function startExample(name: string): Promise<Example> {
  const directory = join(project.directory, name)
  await cp(join(root, 'examples', name), directory, { recursive: true })
  const manifest = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8'))
  const modules = join(project.directory, 'node_modules')
  for (const dependency of Object.keys(manifest.dependencies)) {
    if (dependency === '@signet/verifier') continue
    await mkdir(join(modules, dependency, '..'), { recursive: true })
    await symlink(join(root, 'node_modules', dependency), join(modules, dependency)).catch(
      (error: NodeJS.ErrnoException) => assert.equal(error.code, 'EEXIST'),
    )
  }
  const child: ChildProcess = spawn('node', ['server.js'], {
    cwd: directory,
    env: {
      ...oldNodeEnvironment(directory),
      SIGNET_ISSUER: issuer.url,
      SIGNET_AUDIENCE: issuer.audience,
      SIGNET_CLIENT_ID: issuer.client.id,
      SIGNET_CLIENT_SECRET: issuer.client.secret,
      PORT: '0',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk
  })
  const exited = once(child, 'exit')
  const [address] = (await Promise.race([
    once(createInterface(child.stdout as NonNullable<typeof child.stdout>), 'line'),
    exited.then(() => assert.fail(`${name} did not start:\n${said}`)),
  ])) as [string]
  const stop = async () => {
    child.kill()
    await exited
  }
  return { address, stop }
}

/** Asks until the example knows what was revoked: before that it answers 503. */
async function settled<T>(ask: () => Promise<T>, isTooEarly: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask()
    if (!isTooEarly(answer)) return answer
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

for (const name of ['express', 'fastify', 'hono', 'next']) {
  describe(name, () => {
    let example: Example
    before(async () => {
      example = await startExample(name)
    })
    after(() => example?.stop())

    const ask = (method: string, path: string, token?: string) =>
      settled(
        () =>
          fetch(example.address + path, {
            method,
            headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
          }),
        (response) => response.status === 503,
      )

    test('answers who may, and nobody else', async () => {
      const answer = await ask('GET', '/invoices', issuer.mint({ sub: 'ada' }))
      assert.deepEqual([answer.status, await answer.json()], [200, { invoices: [], for: 'ada' }])
      assert.equal((await ask('GET', '/invoices')).status, 401)
      assert.equal((await ask('GET', '/invoices', issuer.mint({ scope: 'x' }))).status, 403)
      const approved = await ask('POST', '/invoices/approve', issuer.mint({ sub: 'ada' }))
      assert.deepEqual(await approved.json(), { approved: true, by: 'ada' })
      const guest = issuer.mint({ roles: ['guest'] })
      assert.equal((await ask('POST', '/invoices/approve', guest)).status, 403)
    })

    test('refuses whom the feed says to be gone', async () => {
      const token = issuer.mint({ sid: `gone from ${name}` })
      assert.equal((await ask('GET', '/invoices', token)).status, 200)
      const position = String(issuer.connections.length)
      const entries = [issuer.entry(Number(position), 'sid', `gone from ${name}`)]
      issuer.latest().send({ entries, position })
      const answer = await settled(
        () => ask('GET', '/invoices', token),
        (response) => response.status === 200,
      )
      assert.equal(answer.status, 401)
    })
  })
}

test('grpc answers who may, and nobody else', async () => {
  const example = await startExample('grpc')
  const client = new Client(example.address, credentials.createInsecure())
  const list = (token?: string) =>
    new Promise<object>((resolve) => {
      const metadata = new Metadata()
      if (token !== undefined) metadata.set('authorization', `Bearer ${token}`)
      client.makeUnaryRequest(
        '/example.Invoices/List',
        () => Buffer.from('{}'),
        (bytes) => JSON.parse(bytes.toString()) as object,
        {},
        metadata,
        (error, value) => resolve(value ?? { code: error?.code }),
      )
    })
  const settle = (token?: string) =>
    settled(
      () => list(token),
      (answer) => 'code' in answer && answer.code === status.UNAVAILABLE,
    )
  assert.deepEqual(await settle(issuer.mint({ sub: 'ada' })), { invoices: [], for: 'ada' })
  assert.deepEqual(await settle(), { code: status.UNAUTHENTICATED })
  assert.deepEqual(await settle(issuer.mint({ scope: 'x' })), { code: status.PERMISSION_DENIED })
  client.close()
  await example.stop()
})

test(`no example is longer than ${linesMax} lines`, async () => {
  const files = await readdir(join(root, 'examples'), { recursive: true })
  const scripts = files.filter((file) => file.endsWith('.js'))
  assert.ok(scripts.length >= 5)
  for (const file of scripts) {
    const lines = (await readFile(join(root, 'examples', file), 'utf8')).split('\n').length
    assert.ok(lines <= linesMax, `${file}: ${lines} lines`)
  }
})
