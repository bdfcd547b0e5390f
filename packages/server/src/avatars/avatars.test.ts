import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, beforeEach, describe, it } from 'node:test'
import { ErrorReason } from '@signet/contract'
import type { Deps } from '../deps.ts'
import type { UserId } from '../ids.ts'
import { openPictureRenderer } from '../pictures/picture-renderer.ts'
import { testPicture } from '../pictures/testing/pictures.ts'
import type { RequestContext } from '../request-context.ts'
import { assertRefused, openTestUser, signInAs } from '../testing/accounts.ts'
import { openFileDeps, rowsOf, testContext, withParts } from '../testing/deps.ts'
import { authenticateBearer } from '../tokens/authenticate.ts'
import { suspendUser } from '../users/suspend-user.ts'
import { deleteUnneeded } from './delete-unneeded.ts'
import { type ObjectStore, openObjectStore } from './object-store.ts'
import { readAvatars } from './read-avatars.ts'
import {
  completeUpload,
  getUpload,
  requestUpload,
  uploadPicture,
  uploadsPerHour,
} from './receive-upload.ts'
import { removeAvatar } from './remove-avatar.ts'
import { renderAvatar } from './render-avatar.ts'
import { startS3Server } from './testing/s3-server.ts'

const opened = await openFileDeps({
  emptied: ['jobs.job', 'avatar_uploads', 'avatars', 'avatar_objects', 'users'],
})
const directory = mkdtempSync(join(tmpdir(), 'signet-avatars-'))
const s3 = await startS3Server()
const pictures = openPictureRenderer()
after(async () => {
  rmSync(directory, { recursive: true, force: true })
  await s3.close()
  await pictures.close()
})

const { signal } = new AbortController()
const picture = await testPicture()
let deps: Deps
let userId: UserId
let ada: RequestContext

beforeEach(async () => {
  rmSync(directory, { recursive: true, force: true })
  s3.objects.clear()
  deps = onDisk()
  userId = await openTestUser(deps, 'ada@example.com')
  ada = await contextOf('ada@example.com')
})

function onDisk(): Deps {
  const store = { kind: 'disk', directory } as const
  return withParts(opened.deps, { avatarObjects: openObjectStore(store) })
}

function inBucket(): Deps {
  return withParts(opened.deps, { avatarObjects: openObjectStore(s3.config) })
}

async function contextOf(email: string): Promise<RequestContext> {
  const { accessToken } = await signInAs(deps, email)
  return testContext({ caller: await authenticateBearer(deps, testContext(), accessToken) })
}

/** Runs every job that was queued, as a worker does. */
async function work(with_ = deps): Promise<void> {
  const jobs = await rowsOf(
    deps,
    `select data ->> 'uploadId' from jobs.job where name = 'render_avatar'`,
  )
  await rowsOf(deps, 'delete from jobs.job')
  for (const [uploadId] of jobs)
    await renderAvatar({ ...with_, pictures }, { payload: { uploadId: String(uploadId) }, signal })
}

const shift = (table: string, column: string, seconds: number) =>
  rowsOf(deps, `update ${table} set ${column} = ${column} - make_interval(secs => $1)`, [seconds])
const avatarOf = async (id = userId) => (await readAvatars(deps, [id])).get(id)
const files = () => {
  try {
    return readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name)
  } catch {
    return []
  }
}
const eventsOf = async () => {
  const text = `select kind from events where kind like 'avatar.%' and subject_id = $1 order by arrival`
  return (await rowsOf(deps, text, [userId])).flat()
}

describe('a picture that is uploaded', () => {
  it('becomes the avatar in three sizes, with one event, and the upload is gone', async () => {
    const upload = await uploadPicture(deps, ada, picture)
    assert.equal(upload.state, 'received')
    assert.equal(await avatarOf(), undefined)
    await work()
    const avatar = await avatarOf()
    assert.deepEqual(
      avatar?.pictures.map(({ side }) => side),
      [64, 256, 512],
    )
    assert.match(avatar?.blurhash ?? '', /^U.{35}$/)
    assert.equal((await getUpload(deps, ada, { id: upload.id })).state, 'ready')
    assert.equal(files().length, 3)
    assert.deepEqual(await eventsOf(), ['avatar.set'])
  })

  it('replaces the one before, whose files are deleted', async () => {
    await uploadPicture(deps, ada, picture)
    await work()
    const first = await avatarOf()
    await uploadPicture(deps, ada, await testPicture({ format: 'png' }))
    await work()
    const second = await avatarOf()
    assert.notEqual(first?.pictures[0]?.url, second?.pictures[0]?.url)
    assert.equal(files().length, 3)
    assert.deepEqual(await eventsOf(), ['avatar.set', 'avatar.set'])
  })

  it('is late where a later one came: the last one stays, in whichever order they are made', async () => {
    const first = await uploadPicture(deps, ada, picture)
    const second = await uploadPicture(deps, ada, picture)
    for (const { id } of [second, first])
      await renderAvatar({ ...deps, pictures }, { payload: { uploadId: id }, signal })
    assert.equal((await getUpload(deps, ada, { id: first.id })).state, 'replaced')
    assert.equal((await getUpload(deps, ada, { id: second.id })).state, 'ready')
    assert.equal(files().length, 3)
  })

  it('that cannot be decoded is refused, and says why', async () => {
    const whole = await testPicture({ width: 400, height: 400, format: 'png' })
    const broken = Buffer.from(whole)
    broken.fill(7, 100, 400)
    const upload = await uploadPicture(deps, ada, broken)
    await work()
    const { state, refusal } = await getUpload(deps, ada, { id: upload.id })
    assert.deepEqual([state, refusal], ['refused', 'broken'])
    assert.equal(await avatarOf(), undefined)
    await deleteUnneeded(deps, signal)
    assert.deepEqual(files(), [])
  })

  it('that is none is refused at once, and nothing is kept', async () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"></svg>'.padEnd(100))
    await assertRefused(uploadPicture(deps, ada, svg), ErrorReason.INVALID_ARGUMENT, [
      'avatar.type',
    ])
    assert.deepEqual(files(), [])
    assert.deepEqual(await rowsOf(deps, 'select from avatar_uploads'), [])
  })

  it('comes to nothing where its user is suspended meanwhile', async () => {
    await uploadPicture(deps, ada, picture)
    await suspendUser(deps, testContext(), { userId })
    await work()
    assert.equal(await avatarOf(), undefined)
    await deleteUnneeded(deps, signal)
    assert.deepEqual(files(), [])
    assert.deepEqual(await eventsOf(), [])
  })

  it('is worked on again without harm: twice at once, and after it is done', async () => {
    const { id } = await uploadPicture(deps, ada, picture)
    const job = { payload: { uploadId: id }, signal }
    await Promise.all([1, 2, 3].map(() => renderAvatar({ ...deps, pictures }, job)))
    const avatar = await avatarOf()
    await renderAvatar({ ...deps, pictures }, job)
    assert.deepEqual(await avatarOf(), avatar)
    assert.deepEqual(await eventsOf(), ['avatar.set'])
    await shift('avatar_objects', 'delete_at', 3_600)
    await deleteUnneeded(deps, signal)
    assert.equal(files().length, 3)
  })

  it('is not taken more than so often in an hour, however many come at once', async () => {
    const settled = await Promise.allSettled(
      Array.from({ length: uploadsPerHour + 10 }, () => uploadPicture(deps, ada, picture)),
    )
    const refused = settled.filter(({ status }) => status === 'rejected')
    assert.equal(refused.length, 10)
    await assertRefused(uploadPicture(deps, ada, picture), ErrorReason.RATE_LIMITED)
    await shift('avatar_uploads', 'created_at', 3_601)
    await uploadPicture(deps, ada, picture)
  })
})

describe('an avatar that is removed', () => {
  it('is gone with its files, and so is what is still worked on', async () => {
    await uploadPicture(deps, ada, picture)
    await work()
    const { id } = await uploadPicture(deps, ada, picture)
    await removeAvatar(deps, ada, { userId })
    assert.equal(await avatarOf(), undefined)
    await work()
    assert.equal(await avatarOf(), undefined)
    assert.equal((await getUpload(deps, ada, { id })).state, 'replaced')
    await deleteUnneeded(deps, signal)
    assert.deepEqual(files(), [])
    assert.deepEqual(await eventsOf(), ['avatar.set', 'avatar.removed'])
  })

  it('was perhaps never there: nothing happens', async () => {
    await removeAvatar(deps, ada, { userId })
    assert.deepEqual(await eventsOf(), [])
    const nobody = '0199f3a4-1e9b-7a63-8c55-62d0b7f1a8e4' as UserId
    await assertRefused(removeAvatar(deps, ada, { userId: nobody }), ErrorReason.NOT_FOUND)
  })

  it('goes with its user', async () => {
    await uploadPicture(deps, ada, picture)
    await work()
    await rowsOf(deps, 'delete from users where id = $1', [userId])
    await deleteUnneeded(deps, signal)
    assert.deepEqual(files(), [])
  })
})

describe('a crash', () => {
  /** A store that dies at its n-th change. */
  function dyingStore(store: ObjectStore, changesLeft: number): ObjectStore {
    let left = changesLeft
    const change = async (run: () => Promise<void>) => {
      if (left-- <= 0) throw new Error('killed')
      await run()
    }
    return {
      ...store,
      put: (name, bytes) => change(() => store.put(name, bytes)),
      remove: (names) => change(() => store.remove(names)),
    }
  }

  it('at any step leaves the avatar before or the new one, and nothing else once all is cleaned up', async () => {
    await uploadPicture(deps, ada, picture)
    await work()
    for (let changes = 0; changes < 8; changes += 1) {
      const before = await avatarOf()
      const dying = { ...deps, avatarObjects: dyingStore(deps.avatarObjects, changes) }
      const attempt = async () => {
        const { id } = await uploadPicture(dying, ada, picture)
        await renderAvatar({ ...dying, pictures }, { payload: { uploadId: id }, signal })
      }
      await attempt().catch((error: Error) => assert.equal(error.message, 'killed'))
      const now = await avatarOf()
      assert.ok(now)
      if (changes < 4) assert.deepEqual(now, before)
      await rowsOf(deps, 'delete from jobs.job')
      await shift('avatar_objects', 'delete_at', 2 * 86_400)
      await shift('avatar_uploads', 'expires_at', 2 * 86_400)
      await deleteUnneeded(deps, signal, { batchSize: 1 })
      assert.equal(files().length, 3, `after ${changes} changes`)
      assert.equal((await rowsOf(deps, 'select from avatar_objects')).length, 1)
      assert.deepEqual(await rowsOf(deps, 'select from avatar_uploads'), [])
    }
  })
})

describe('an upload by an address', () => {
  async function putAt(url: string, bytes: Buffer) {
    assert.equal((await fetch(url, { method: 'PUT', body: new Uint8Array(bytes) })).status, 200)
  }

  it('becomes the avatar once it is said to be complete', async () => {
    const bucket = inBucket()
    const { id, url } = await requestUpload(bucket, ada, { byteLength: picture.length })
    const missing = completeUpload(bucket, ada, { id })
    await assertRefused(missing, ErrorReason.INVALID_ARGUMENT, ['avatar.missing'])
    await putAt(url, picture)
    const completed = await Promise.all(
      Array.from({ length: 50 }, () => completeUpload(bucket, ada, { id })),
    )
    assert.deepEqual(new Set(completed.map(({ state }) => state)), new Set(['received']))
    assert.equal((await rowsOf(deps, 'select from jobs.job')).length, 1)
    await work(bucket)
    assert.ok(await avatarOf())
    assert.equal((await completeUpload(bucket, ada, { id })).state, 'ready')
  })

  it('is looked at before it is decoded, and what is put there later goes too', async () => {
    const bucket = inBucket()
    const bomb = Buffer.from('<svg/>'.padEnd(500))
    const { id, url } = await requestUpload(bucket, ada, { byteLength: bomb.length })
    await putAt(url, bomb)
    await completeUpload(bucket, ada, { id })
    await work(bucket)
    const { state, refusal } = await getUpload(bucket, ada, { id })
    assert.deepEqual([state, refusal], ['refused', 'type'])
    await putAt(url, bomb)
    await deleteUnneeded(bucket, signal)
    assert.equal(s3.objects.size, 1)
    await shift('avatar_objects', 'delete_at', 700)
    await deleteUnneeded(bucket, signal)
    assert.equal(s3.objects.size, 0)
  })

  it('belongs to whoever asked for it', async () => {
    const bucket = inBucket()
    await openTestUser(deps, 'eve@example.com')
    const eve = await contextOf('eve@example.com')
    const { id, url } = await requestUpload(bucket, ada, { byteLength: picture.length })
    await putAt(url, picture)
    await assertRefused(completeUpload(bucket, eve, { id }), ErrorReason.NOT_FOUND)
    await assertRefused(getUpload(bucket, eve, { id }), ErrorReason.NOT_FOUND)
    assert.equal((await getUpload(bucket, ada, { id })).state, 'awaited')
  })

  it('is refused late, and where it would be too large', async () => {
    const bucket = inBucket()
    const { id, url } = await requestUpload(bucket, ada, { byteLength: picture.length })
    await putAt(url, picture)
    await shift('avatar_uploads', 'expires_at', 601)
    const late = completeUpload(bucket, ada, { id })
    await assertRefused(late, ErrorReason.INVALID_ARGUMENT, ['avatar.missing'])
    const byteLength = deps.config.avatars.bytesMax + 1
    await assertRefused(requestUpload(bucket, ada, { byteLength }), ErrorReason.TOO_LARGE)
  })

  it('needs a bucket', async () => {
    await assertRefused(requestUpload(deps, ada, { byteLength: 100 }), ErrorReason.NOT_ENABLED)
  })
})
