import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { describe, test } from 'node:test'
import { ErrorReason } from '@signet/contract'
import { KeptSecretError } from '../config/kept-master-secret.ts'
import { MasterSecretError } from '../crypto/master-secret.ts'
import { EmbeddedPostgresError } from '../db/embedded/embedded-postgres-error.ts'
import { MigrationError } from '../db/migrations.ts'
import { reasonName, reasons, SignetError } from '../errors.ts'
import { explainFailure } from './explain-failure.ts'
import { table } from './table.ts'

function coded(code: string, syscall?: string): Error {
  return Object.assign(new Error('as it was said'), { code, ...(syscall && { syscall }) })
}

describe('a failure has one exit code, what happened, and what to do', () => {
  const unavailable = (cause: unknown) =>
    new SignetError(ErrorReason.UNAVAILABLE, { detail: 'database: away', cause })
  const explained = { sentence: 'It is so.', remedy: 'Do this.' }
  const failures: [string, unknown, number, string][] = [
    ['a refused sign-in', coded('28P01'), 77, 'DATABASE_SIGN_IN'],
    ['the same behind a refusal', unavailable(coded('28P01')), 77, 'DATABASE_SIGN_IN'],
    ['a missing privilege', coded('42501'), 77, 'DATABASE_PRIVILEGE'],
    ['a missing database', coded('3D000'), 69, 'DATABASE_MISSING'],
    ['no connections left', coded('53300'), 69, 'UNAVAILABLE'],
    ['a refused connection', unavailable(coded('ECONNREFUSED')), 69, 'UNAVAILABLE'],
    ['a database that does not answer', unavailable(undefined), 69, 'UNAVAILABLE'],
    ['a socket that is missing', coded('ENOENT', 'connect'), 69, 'UNAVAILABLE'],
    ['a directory that cannot be made', coded('ENOENT', 'mkdir'), 69, 'FILE_UNAVAILABLE'],
    ['a foreign file', coded('EACCES'), 77, 'NO_PERMISSION'],
    [
      'a secret that cannot be kept',
      new KeptSecretError('x', { cause: coded('EACCES') }),
      77,
      'MASTER_SECRET',
    ],
    ['a secret that was cut short', new KeptSecretError('x'), 78, 'MASTER_SECRET'],
    ['another secret', new MasterSecretError('x'), 78, 'MASTER_SECRET'],
    ['a migration', new MigrationError('x'), 1, 'MIGRATION'],
    [
      'a foreign directory',
      new EmbeddedPostgresError('DIRECTORY_NOT_WRITABLE', explained),
      77,
      'EMBEDDED_DIRECTORY_NOT_WRITABLE',
    ],
    ['a full disk', new EmbeddedPostgresError('DISK_FULL', explained), 69, 'EMBEDDED_DISK_FULL'],
    ['a bug', new TypeError('x is not a function'), 1, 'INTERNAL'],
    ['what is no error at all', undefined, 1, 'INTERNAL'],
  ]
  for (const [what, error, exitCode, code] of failures) {
    test(what, async () => {
      const failure = await explainFailure(error)
      assert.deepEqual([failure.exitCode, failure.code], [exitCode, code])
      assert.notEqual(failure.message, '')
    })
  }

  test('every reason of the contract', async () => {
    for (const reason of Object.values(ErrorReason)) {
      if (reason === ErrorReason.UNSPECIFIED || reason === ErrorReason.UNAVAILABLE) continue
      const failure = await explainFailure(new SignetError(reason))
      assert.equal(failure.code, reasonName(reason))
      assert.equal(failure.message, reasons[reason].sentence)
    }
  })

  test('a port that is taken', async () => {
    const first = createServer().listen(0, '127.0.0.1')
    await once(first, 'listening')
    const second = createServer().listen(first.address() as AddressInfo)
    const [error] = await once(second, 'error')
    first.close()
    const failure = await explainFailure(error)
    assert.deepEqual([failure.exitCode, failure.code], [69, 'ADDRESS_TAKEN'])
    assert.match(failure.fix, /SIGNET_HTTP_ADDRESS/)
  })
})

test('a table is straight, and what people typed cannot bend it', () => {
  const rows = [
    ['1', 'Ada'],
    ['22', 'a\u001b[2Jb\nc\u202ed'],
    ['3', 'x'.repeat(100)],
  ]
  const lines = table(['id', 'name'], rows)
  assert.deepEqual(lines.slice(0, 3), ['id  name', '1   Ada', '22  a·[2Jb·c·d'])
  assert.equal(lines[3], `3   ${'x'.repeat(59)}…`)
})
