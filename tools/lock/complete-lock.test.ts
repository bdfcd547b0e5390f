import assert from 'node:assert/strict'
import { test } from 'node:test'
import { completeLock, findMissing, type Lock, platformOf } from './complete-lock.ts'

const lock: Lock = {
  packages: {
    '': {},
    'node_modules/tool': {
      version: '1.0.0',
      dev: true,
      optionalDependencies: { 'tool-linux-x64': '1.0.0', 'tool-linux-arm64-musl': '1.0.0' },
    },
    'node_modules/tool/node_modules/nested': {
      version: '2.0.0',
      optionalDependencies: { 'tool-linux-x64': '1.0.0', inner: '3.0.0' },
    },
    'node_modules/tool/node_modules/inner': { version: '3.0.0' },
    'node_modules/tool-linux-x64': { version: '1.0.0', os: ['linux'], cpu: ['x64'] },
  },
}

test('a platform package without an entry is missing; one that npm finds further up is not', () => {
  assert.deepEqual(findMissing(lock), [
    { name: 'tool-linux-arm64-musl', version: '1.0.0', dependent: 'node_modules/tool' },
  ])
})

test('completing adds an entry that npm skips on other platforms, and leaves nothing missing', () => {
  const completed = completeLock(lock)
  assert.deepEqual(completed.packages['node_modules/tool-linux-arm64-musl'], {
    version: '1.0.0',
    dev: true,
    optional: true,
    os: ['linux'],
    cpu: ['arm64'],
    libc: ['musl'],
  })
  assert.deepEqual(findMissing(completed), [])
})

test('the platform is read from the name', () => {
  assert.deepEqual(platformOf('@a/binding-win32-ia32-msvc'), { os: ['win32'], cpu: ['ia32'] })
  assert.deepEqual(platformOf('@a/b-linux-arm-gnueabihf'), { os: ['linux'], cpu: ['arm'] })
  assert.deepEqual(platformOf('@a/b-linux-x64-gnu').libc, ['glibc'])
  assert.throws(() => platformOf('left-pad'), /no platform/)
})
