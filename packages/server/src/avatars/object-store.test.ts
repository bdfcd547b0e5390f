import assert from 'node:assert/strict'
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import { ErrorReason } from '@signet/contract'
import { Secret } from '../config/secret.ts'
import { assertRefused } from '../testing/accounts.ts'
import {
  newKey,
  type ObjectStore,
  openObjectStore,
  pictureName,
  uploadName,
} from './object-store.ts'
import { type S3Server, startS3Server } from './testing/s3-server.ts'

let directory: string
let s3: S3Server
const stores: Record<'disk' | 's3', () => ObjectStore> = {
  disk: () => openObjectStore({ kind: 'disk', directory: join(directory, 'pictures') }),
  s3: () => openObjectStore(s3.config),
}

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'signet-objects-'))
  s3 = await startS3Server()
})
beforeEach(() => {
  Object.assign(s3, { failWith: undefined, aheadMs: 0, refusals: [] })
})
after(async () => {
  await rm(directory, { recursive: true })
  await s3.close()
})

const bytes = Buffer.from('a picture')
const anyMax = 1000

for (const [kind, open] of Object.entries(stores))
  describe(`a store on ${kind}`, () => {
    it('gives back what was put, and nothing else', async () => {
      const store = open()
      const [name, other] = [uploadName(newKey()), pictureName(newKey(), 64)]
      await store.put(name, bytes)
      assert.deepEqual(await store.get(name, anyMax), bytes)
      assert.deepEqual(await open().get(name, 3), bytes.subarray(0, 3))
      assert.equal(await store.lengthOf(name), bytes.length)
      assert.equal(await store.get(other, anyMax), undefined)
      assert.equal(await store.lengthOf(other), undefined)
      await store.remove([name, other])
      await store.remove([name])
      assert.equal(await store.get(name, anyMax), undefined)
    })
  })

it('a name is made of a key and of nothing else', () => {
  for (const key of [
    '',
    '../../../etc/passwd',
    `${'a'.repeat(31)}/`,
    'a'.repeat(33),
    `\0${newKey()}`,
  ]) {
    assert.throws(() => uploadName(key), /no key/)
    assert.throws(() => pictureName(key, 64), /no key/)
  }
})

describe('on disk', () => {
  it('an object is whole or not there, and only we read it', async () => {
    const store = stores.disk()
    const name = uploadName(newKey())
    await store.put(name, bytes)
    const folder = join(directory, 'pictures', 'uploads')
    assert.deepEqual(await readdir(folder), [name.slice('uploads/'.length)])
    assert.equal((await stat(folder)).mode & 0o777, 0o700)
    assert.equal((await stat(join(directory, 'pictures', name))).mode & 0o777, 0o600)
    // What a crash leaves beside the place goes with the object.
    const half = uploadName(newKey())
    await writeFile(join(directory, 'pictures', `${half}.part`), 'half')
    assert.equal(await store.get(half, anyMax), undefined)
    await store.remove([half, name])
    assert.deepEqual(await readdir(folder), [])
  })

  it('a directory that cannot be written to is a refusal', async () => {
    const file = join(directory, 'file')
    await writeFile(file, '')
    const store = openObjectStore({ kind: 'disk', directory: file })
    await assertRefused(store.put(uploadName(newKey()), bytes), ErrorReason.UNAVAILABLE)
    await chmod(file, 0o600)
  })
})

describe('in a bucket', () => {
  const credentials = { accessKeyId: 'AKIDTEST', secretAccessKey: new Secret('another secret') }

  it('every call is signed: another secret opens nothing', async () => {
    const stranger = openObjectStore({ ...s3.config, credentials })
    const name = uploadName(newKey())
    await stores.s3().put(name, bytes)
    await assertRefused(stranger.get(name, anyMax), ErrorReason.UNAVAILABLE)
    await assertRefused(stranger.put(name, bytes), ErrorReason.UNAVAILABLE)
    assert.deepEqual(new Set(s3.refusals), new Set(['signature']))
    assert.deepEqual(s3.objects.get(`signet/${name}`), bytes)
  })

  it('a store that is away or busy is a refusal, and is asked again', async () => {
    s3.failWith = 503
    const store = stores.s3()
    const asked = store.get(uploadName(newKey()), anyMax)
    await assertRefused(asked, ErrorReason.UNAVAILABLE)
    const nowhere = openObjectStore({ ...s3.config, endpoint: 'http://127.0.0.1:1' })
    await assertRefused(nowhere.put(uploadName(newKey()), bytes), ErrorReason.UNAVAILABLE)
    s3.failWith = undefined
    assert.equal(await store.get(uploadName(newKey()), anyMax), undefined)
  })

  describe('an address for uploading', () => {
    const presign = async (name = uploadName(newKey())) => {
      const store = stores.s3()
      assert.ok(store.presign)
      return store.presign(name, { byteLength: bytes.length, lifetimeSeconds: 60 })
    }
    const put = async (url: string | URL, body: Buffer, init: RequestInit = {}) =>
      (await fetch(url, { method: 'PUT', body: new Uint8Array(body), ...init })).status

    it('takes the object that it names', async () => {
      const name = uploadName(newKey())
      assert.equal(await put(await presign(name), bytes), 200)
      assert.deepEqual(s3.objects.get(`signet/${name}`), bytes)
      assert.equal(await stores.s3().lengthOf(name), bytes.length)
    })

    it('takes no other length, no other key, no other method, no longer life, and nothing later', async () => {
      const url = new URL(await presign())
      assert.equal(await put(url, Buffer.from('a picture!')), 403)
      assert.equal(await put(url, Buffer.alloc(0)), 403)
      const other = new URL(url)
      other.pathname = other.pathname.replace(/[^/]+$/, newKey())
      assert.equal(await put(other, bytes), 403)
      const longer = new URL(url)
      longer.searchParams.set('X-Amz-Expires', '86400')
      assert.equal(await put(longer, bytes), 403)
      for (const method of ['GET', 'DELETE'])
        assert.equal((await fetch(url, { method })).status, 403)
      s3.aheadMs = 61_000
      assert.equal(await put(url, bytes), 403)
      assert.deepEqual(s3.refusals, [...Array(6).fill('signature'), 'expired'])
      s3.aheadMs = 0
      assert.equal(await put(url, bytes), 200)
    })
  })
})
