import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { test } from 'node:test'
import { isAlive, postgresProcessesIn, waitUntil } from './process-state.ts'

test('a zombie is not alive, though it takes signals', async () => {
  // The shell becomes a program that never waits for the child which the shell had started. The child ends when its
  // own pipe does, which is after the shell has become that program: it echoes what it is sent.
  const parent = spawn('sh', ['-c', 'cat <&3 & echo $!; exec cat 3<&-'], {
    stdio: ['pipe', 'pipe', 'inherit', 'pipe'],
  })
  const { stdin, stdout } = parent
  assert.ok(stdin !== null && stdout !== null)
  const [line] = await once(stdout, 'data')
  const zombie = Number(String(line))
  stdin.write('it has become cat')
  await once(stdout, 'data')
  ;(parent.stdio[3] as Writable).end()
  assert.ok(await waitUntil(() => !isAlive(zombie), 5_000))
  assert.equal(process.kill(zombie, 0), true)
  stdin.end()
  await once(parent, 'exit')
})

test('a process lives until it has ended', async () => {
  assert.equal(isAlive(process.pid), true)
  const child = spawn('cat')
  assert.equal(isAlive(child.pid ?? 0), true)
  child.stdin.end()
  await once(child, 'exit')
  assert.equal(isAlive(child.pid ?? 0), false)
})

test('a program that somebody left running in the cluster is not taken for PostgreSQL', async () => {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'signet-pg-')))
  const visitor = spawn('cat', { cwd: directory })
  await once(visitor, 'spawn')
  assert.deepEqual(postgresProcessesIn(directory), [])
  visitor.stdin.end()
  await once(visitor, 'exit')
  rmSync(directory, { recursive: true })
})
