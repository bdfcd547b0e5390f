import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import http2 from 'node:http2'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import sharp from 'sharp'
import type { Deps } from '../deps.ts'
import type { UserId } from '../ids.ts'
import { openPictureRenderer } from '../pictures/picture-renderer.ts'
import { testPicture } from '../pictures/testing/pictures.ts'
import { createAdministrator } from '../roles/create-administrator.ts'
import { openTestUser, signInAs, testPassword } from '../testing/accounts.ts'
import { openFileDeps, rowsOf, testContext, withParts } from '../testing/deps.ts'
import { startTestService, type TestService } from '../testing/service.ts'
import { suspendUser } from '../users/suspend-user.ts'
import { openObjectStore } from './object-store.ts'
import { renderAvatar } from './render-avatar.ts'

const opened = await openFileDeps({ emptied: ['jobs.job', 'avatar_uploads', 'avatars', 'users'] })
const directory = mkdtempSync(join(tmpdir(), 'signet-avatars-'))
const pictures = openPictureRenderer()
const picture = await testPicture()
let deps: Deps
let service: TestService
let userId: UserId
let token: string

before(async () => {
  deps = withParts(opened.deps, {
    avatarObjects: openObjectStore({ kind: 'disk', directory }),
    config: {
      ...opened.deps.config,
      avatars: { ...opened.deps.config.avatars, bytesMax: 100_000 },
    },
  })
  service = await startTestService(deps)
})
after(async () => {
  await service.close()
  await pictures.close()
  rmSync(directory, { recursive: true, force: true })
})
beforeEach(async () => {
  userId = await openTestUser(deps, 'ada@example.com')
  token = (await signInAs(deps, 'ada@example.com')).accessToken
})

const path = '/api/v1/users/me/avatar'
type Headers = Record<string, string>

async function call(method: string, at: string, headers: Headers = {}, body?: Buffer | string) {
  const answer = await fetch(service.url + at, {
    method,
    redirect: 'manual',
    headers: { authorization: `Bearer ${token}`, ...headers },
    ...(body !== undefined && { body: typeof body === 'string' ? body : new Uint8Array(body) }),
  })
  const bytes = Buffer.from(await answer.arrayBuffer())
  const isJson = /json/.test(answer.headers.get('content-type') ?? '')
  const json = isJson ? JSON.parse(bytes.toString()) : undefined
  return { status: answer.status, headers: answer.headers, bytes, json }
}

async function setAvatar(bytes = picture): Promise<string[]> {
  const { json } = await call('PUT', path, {}, bytes)
  const { signal } = new AbortController()
  await renderAvatar({ ...deps, pictures }, { payload: { uploadId: json.id }, signal })
  return (await ownPictures()) ?? []
}

/** Paths of the caller's pictures, the smallest first. */
async function ownPictures(): Promise<string[] | undefined> {
  const { json } = await call('GET', '/api/v1/users/me')
  const found = json.user.avatar?.pictures as { url: string }[] | undefined
  return found?.map(({ url }) => url.slice(deps.config.issuer.length))
}

describe('PUT of a picture', () => {
  it('is answered 202 with the upload, whatever type the caller names', async () => {
    for (const type of ['image/jpeg', 'text/html', 'application/json', 'multipart/form-data']) {
      const { status, json } = await call('PUT', path, { 'content-type': type }, picture)
      assert.equal(status, 202)
      assert.equal(json.state, 'AVATAR_UPLOAD_STATE_RECEIVED')
      const asked = await call('GET', `/api/v1/users/me/avatar-uploads/${json.id}`)
      assert.deepEqual(asked.json.upload, json)
    }
  })

  it('works over HTTP/2 too', async () => {
    const session = http2.connect(service.url)
    const head = { ':method': 'PUT', ':path': path, authorization: `Bearer ${token}` }
    const stream = session.request(head)
    stream.end(picture)
    const status = await new Promise((resolve) =>
      stream.on('response', (headers) => resolve(headers[':status'])),
    )
    assert.equal(status, 202)
    session.destroy()
  })

  it('of something else, of nothing, or of something packed is refused', async () => {
    const refusals: [Buffer, Headers, number][] = [
      [Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'.padEnd(99)), {}, 400],
      [Buffer.from('<!doctype html>'.padEnd(99)), { 'content-type': 'image/png' }, 400],
      [Buffer.alloc(0), {}, 400],
      [picture, { 'content-encoding': 'gzip' }, 415],
      [Buffer.alloc(100_001), {}, 413],
    ]
    for (const [body, headers, status] of refusals) {
      const answer = await call('PUT', path, headers, body)
      assert.equal(answer.status, status)
      assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/)
    }
    assert.deepEqual(await rowsOf(deps, 'select from avatar_uploads'), [])
  })

  it('is refused to whoever may not, before the body has come', async () => {
    await suspendUser(deps, testContext(), { userId })
    const port = Number(new URL(service.url).port)
    for (const authorization of [
      '',
      'Authorization: Bearer nonsense\r\n',
      `Authorization: Bearer ${token}\r\n`,
    ]) {
      const socket = connect(port, '127.0.0.1')
      socket.write(
        `PUT ${path} HTTP/1.1\r\nHost: x\r\n${authorization}Content-Length: 90000\r\n\r\nabc`,
      )
      const chunks: Buffer[] = []
      for await (const chunk of socket) chunks.push(chunk as Buffer)
      const answer = Buffer.concat(chunks).toString()
      assert.match(answer, /^HTTP\/1.1 401 /)
      assert.match(answer, /connection: close/i)
    }
  })

  it('that never ends is cut off at the limit', async () => {
    const port = Number(new URL(service.url).port)
    const socket = connect(port, '127.0.0.1').on('error', () => undefined)
    const head = `PUT ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nTransfer-Encoding: chunked\r\n\r\n`
    socket.write(head)
    const chunk = `2710\r\n${'x'.repeat(10_000)}\r\n`
    for (let n = 0; n < 12; n += 1) socket.write(chunk)
    const chunks: Buffer[] = []
    for await (const part of socket) chunks.push(part as Buffer)
    assert.match(Buffer.concat(chunks).toString(), /^HTTP\/1.1 413 /)
  })

  it('shares its path with the methods of the contract', async () => {
    const { status, headers } = await call('GET', path)
    assert.deepEqual([status, headers.get('allow')], [405, 'DELETE, PUT'])
    assert.equal((await call('POST', path, {}, 'x')).status, 405)
    assert.equal((await call('OPTIONS', path)).status, 204)
  })
})

describe('a picture at its address', () => {
  it('is WebP, may be kept, and is nothing else to any browser', async () => {
    const paths = await setAvatar()
    assert.equal(paths.length, 3)
    for (const [n, side] of [64, 256, 512].entries()) {
      const { status, headers, bytes } = await call('GET', paths[n] ?? '', { authorization: '' })
      assert.equal(status, 200)
      assert.equal(headers.get('content-type'), 'image/webp')
      assert.equal(headers.get('cache-control'), 'public, max-age=31536000, immutable')
      assert.equal(headers.get('x-content-type-options'), 'nosniff')
      assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'; sandbox/)
      assert.equal(headers.get('cross-origin-resource-policy'), 'cross-origin')
      const { width, format } = await sharp(bytes).metadata()
      assert.deepEqual([width, format], [side, 'webp'])
      const head = await call('HEAD', paths[n] ?? '')
      assert.deepEqual([head.status, head.bytes.length], [200, 0])
    }
  })

  it('is not there any more once there is another one, or none', async () => {
    const [first = ''] = await setAvatar()
    const [second = ''] = await setAvatar(await testPicture({ format: 'webp' }))
    assert.equal((await call('GET', first)).status, 404)
    assert.equal((await call('GET', second)).status, 200)
    assert.equal((await call('DELETE', path)).status, 200)
    const gone = await call('GET', second)
    assert.deepEqual([gone.status, gone.headers.get('cache-control')], [404, 'no-store'])
    assert.equal(await ownPictures(), undefined)
    assert.equal((await call('DELETE', path)).status, 200)
  })

  it('is all that can be read there', async () => {
    const [small = ''] = await setAvatar()
    const version = small.split('/')[2] ?? ''
    for (const at of [
      `/avatars/${version}/65.webp`,
      `/avatars/${version}/64.png`,
      `/avatars/${version}`,
      `/avatars/${version.toLowerCase()}/64.webp`,
      `/avatars/${'A'.repeat(32)}/64.webp`,
      `/avatars/..%2f..%2f..%2fetc%2fpasswd/64.webp`,
      `/avatars/${version}/..%2f${version}-64.webp`,
      `/avatars/${version}/%2e%2e%2f64.webp`,
      `/avatars/${version}%00/64.webp`,
      '/avatars/uploads/64.webp',
    ])
      assert.equal((await call('GET', at)).status, 404, at)
  })
})

describe('avatars of others', () => {
  it('are read many at once, and who has none is left out like nobody', async () => {
    await setAvatar()
    const other = await openTestUser(deps, 'eve@example.com')
    const nobody = '0199f3a4-1e9b-7a63-8c55-62d0b7f1a8e4'
    const ask = (userIds: string[]) =>
      call(
        'POST',
        '/api/v1/avatars/batch-get',
        { 'content-type': 'application/json' },
        JSON.stringify({ userIds }),
      )
    const { json } = await ask([other, userId, nobody, userId])
    assert.deepEqual(
      json.avatars.map((each: { userId: string }) => each.userId),
      [userId],
    )
    assert.equal(json.avatars[0].avatar.pictures.length, 3)
    assert.equal((await ask(Array(101).fill(nobody))).status, 400)
  })

  it('are removed by an administrator alone', async () => {
    await setAvatar()
    const at = `/api/v1/users/${userId}/avatar`
    assert.equal((await call('DELETE', at)).status, 403)
    await createAdministrator(deps, testContext(), {
      email: 'root@example.com',
      password: testPassword,
      displayName: '',
    })
    const administrator = (await signInAs(deps, 'root@example.com')).accessToken
    const authorization = `Bearer ${administrator}`
    assert.equal((await call('DELETE', at, { authorization })).status, 200)
    assert.equal(await ownPictures(), undefined)
    const nobody = '/api/v1/users/0199f3a4-1e9b-7a63-8c55-62d0b7f1a8e4/avatar'
    assert.equal((await call('DELETE', nobody, { authorization })).status, 404)
  })
})
