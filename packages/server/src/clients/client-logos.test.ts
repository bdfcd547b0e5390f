/** The pictures of clients: fetched from servers of all kinds, and served from here. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, describe, it } from 'node:test'
import sharp from 'sharp'
import type { ClientId } from '../ids.ts'
import { openGuardedFetch } from '../outbound/guarded-fetch.ts'
import { openPictureRenderer } from '../pictures/picture-renderer.ts'
import { pngOfSize, testPicture } from '../pictures/testing/pictures.ts'
import { newClient, registerTestClient, type TestClient } from '../testing/clients.ts'
import { openFileDeps, rowsOf, testContext } from '../testing/deps.ts'
import { startTestService, type TestService } from '../testing/service.ts'
import { fetchClientLogo } from './fetch-client-logo.ts'
import { registerClient } from './register-client.ts'
import { updateClient } from './update-client.ts'

const { deps } = await openFileDeps({ emptied: ['jobs.job', 'client_logos'] })
const clientId = 'photos' as ClientId
const operator = () => testContext({ caller: { kind: 'operator' } })
const pictures = openPictureRenderer()
const { signal } = new AbortController()

/** What the other server does next, and what it was asked for. */
let answer: RequestListener
const asked: string[] = []
const other = createServer((request, response) => {
  asked.push(request.url ?? '')
  answer(request, response)
})
let host: string
let service: TestService
let reader: TestClient

before(async () => {
  await once(other.listen(0, '127.0.0.1'), 'listening')
  host = `localhost:${(other.address() as AddressInfo).port}`
  service = await startTestService(deps)
  reader = await registerTestClient(deps, { id: 'reader', permissions: ['clients.read'] })
})
after(async () => {
  other.closeAllConnections()
  other.close()
  await service.close()
  await pictures.close()
})
beforeEach(async () => {
  asked.length = 0
  await rowsOf(deps, 'delete from clients where id = $1', [clientId])
})

const logoAt = (path: string) => `http://${host}${path}`
const record = (logoUri: string | undefined) =>
  newClient({ id: clientId, type: 'confidential', name: 'Photos', logoUri })

const register = (logoUri = logoAt('/logo.png')) =>
  registerClient(deps, operator(), record(logoUri))
const update = (logoUri: string | undefined) =>
  updateClient(deps, operator(), { clientId, record: record(logoUri) })

function fetchNow(fetch = openGuardedFetch({ privateHosts: [host] })): Promise<void> {
  return fetchClientLogo({ db: deps.db, pictures, fetch }, { payload: { clientId }, signal })
}

const sends =
  (body: Buffer | string, type = 'image/png', status = 200): RequestListener =>
  (_request, response) =>
    response.writeHead(status, { 'content-type': type }).end(body)

const queued = async () =>
  (await rowsOf(deps, `select data->>'clientId' from jobs.job where name = 'fetch_client_logo'`))
    .length

interface Logo {
  url: string
  problem: string
  fetchedAt?: string
}

/** What the contract says of it; undefined where the client has none. */
async function logo(): Promise<Logo | undefined> {
  const response = await fetch(`${service.url}/api/v1/clients/${clientId}`, {
    headers: { authorization: reader.authorization },
  })
  return ((await response.json()) as { client: { logo?: Logo } }).client.logo
}

/** The picture at an address of the contract. */
function served(url: string): Promise<Response> {
  return fetch(service.url + new URL(url).pathname)
}

describe('a logo', () => {
  it('is fetched with the record, made small, and served from here for good', async () => {
    answer = sends(await testPicture({ width: 300, height: 100, format: 'png' }))
    await register()
    assert.equal(await queued(), 1)
    assert.deepEqual(await logo(), { url: '', problem: '' })
    await fetchNow()
    assert.deepEqual(asked, ['/logo.png'])
    const { url = '', problem, fetchedAt } = (await logo()) ?? {}
    assert.equal(problem, '')
    assert.ok(Math.abs(Date.parse(fetchedAt ?? '') - Date.now()) < 60_000)
    assert.ok(url.startsWith(`${deps.config.issuer}/client-logos/`), url)
    const { headers, status, ...response } = await served(url).then(async (found) => ({
      status: found.status,
      headers: found.headers,
      bytes: Buffer.from(await found.arrayBuffer()),
    }))
    assert.equal(status, 200)
    assert.equal(headers.get('content-type'), 'image/webp')
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
    assert.equal(headers.get('cache-control'), 'public, max-age=31536000, immutable')
    assert.match(headers.get('content-security-policy') ?? '', /^default-src 'none'; sandbox;/u)
    const { width, height, format, hasAlpha } = await sharp(response.bytes).metadata()
    assert.deepEqual([format, width, height, hasAlpha], ['webp', 120, 120, false])
  })

  it('is fetched anew with each change of the record, under another address', async () => {
    answer = sends(await testPicture({ format: 'png' }))
    await register()
    await fetchNow()
    const before = (await logo())?.url ?? ''
    await fetchNow()
    assert.equal((await logo())?.url, before)
    answer = sends(await testPicture({ width: 80, height: 80, format: 'webp' }), 'image/webp')
    await update(logoAt('/logo.png'))
    assert.equal(await queued(), 2)
    await fetchNow()
    assert.notEqual((await logo())?.url, before)
    assert.equal((await served(before)).status, 404)
  })

  it('goes with its address', async () => {
    answer = sends(await testPicture({ format: 'png' }))
    await register()
    await fetchNow()
    const { url = '' } = (await logo()) ?? {}
    await update(undefined)
    assert.equal(await logo(), undefined)
    assert.equal((await served(url)).status, 404)
    assert.deepEqual(await rowsOf(deps, 'select client_id from client_logos'), [])
    // A job that is still queued finds nothing to do.
    await fetchNow()
    assert.deepEqual(asked, ['/logo.png'])
  })

  it('is fetched while no transaction is open', async () => {
    const picture = await testPicture({ format: 'png' })
    let open: unknown
    answer = async (request, response) => {
      const transactions = `select count(*)::integer from pg_stat_activity
        where datname = current_database() and xact_start is not null and pid <> pg_backend_pid()`
      open = (await rowsOf(deps, transactions))[0]
      sends(picture)(request, response)
    }
    await register()
    await fetchNow()
    assert.deepEqual(open, [0])
  })

  it('that comes late, after another one is wanted, is dropped', async () => {
    const picture = await testPicture({ format: 'png' })
    answer = async (request, response) => {
      await update(logoAt('/another.png'))
      sends(picture)(request, response)
    }
    await register()
    await fetchNow()
    assert.deepEqual(await logo(), { url: '', problem: '' })
    answer = sends('nothing', 'text/plain', 404)
    await fetchNow()
    assert.deepEqual(asked, ['/logo.png', '/another.png'])
    assert.match((await logo())?.problem ?? '', /404/u)
  })
})

describe('what is no logo is told, and the client stays as it is', () => {
  const svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
  const wrong = {
    'nothing there': [() => sends('no', 'text/html', 404), /^localhost:\d+ answered 404 instead/u],
    'a redirect': [
      () => (_request, response) =>
        response.writeHead(302, { location: 'http://169.254.169.254/' }).end(),
      /answered 302 instead of a picture/u,
    ],
    'an SVG under its own name': [() => sends(svg, 'image/svg+xml'), /not image\/png or/u],
    'an SVG under another one': [() => sends(svg), /not a picture that is read here/u],
    'a page': [() => sends('<!doctype html>', 'text/html'), /not image\/png or/u],
    'too many bytes': [() => sends(Buffer.alloc(1024 * 1024 + 1)), /longer than 1048576 bytes/u],
    'too many pixels': [() => sends(pngOfSize(20_000, 20_000)), /The picture is too large/u],
    'no pixels at all': [() => sends(pngOfSize(100, 100)), /The file is damaged/u],
  } satisfies Record<string, [() => RequestListener, RegExp]>
  for (const [name, [make, problem]] of Object.entries(wrong))
    it(name, async () => {
      answer = make()
      await register()
      await fetchNow().catch(() => undefined)
      const found = await logo()
      assert.equal(found?.url, '')
      assert.match(found.problem, problem)
      assert.ok(!asked.some((path) => path !== '/logo.png'), String(asked))
    })

  it('an address inside, which is not asked, and not tried again', async () => {
    for (const inside of ['https://127.0.0.1:1/logo.png', 'https://[::1]/', 'https://10.0.0.1/']) {
      await rowsOf(deps, 'delete from clients where id = $1', [clientId])
      await register(inside)
      await fetchNow()
      assert.match((await logo())?.problem ?? '', /not on the public internet/u)
    }
    assert.deepEqual(asked, [])
  })

  it('and what was there before is still shown', async () => {
    answer = sends(await testPicture({ format: 'png' }))
    await register()
    await fetchNow()
    const { url } = (await logo()) ?? {}
    answer = sends('away', 'text/plain', 503)
    await update(logoAt('/moved.png'))
    assert.deepEqual([(await logo())?.url, (await logo())?.problem], [url, ''])
    await assert.rejects(fetchNow(), /answered 503/u)
    const after = await logo()
    assert.equal(after?.url, url)
    assert.match(after?.problem ?? '', /answered 503 instead of a picture/u)
    assert.equal((await served(url ?? '')).status, 200)
    answer = sends(await testPicture({ format: 'png' }))
    await fetchNow()
    assert.equal((await logo())?.problem, '')
  })

  it('but not the end of the process that fetches it, which nobody is told of', async () => {
    const ending = new AbortController()
    answer = () => ending.abort(new Error('the worker ends'))
    await register()
    const fetching = fetchClientLogo(
      { db: deps.db, pictures, fetch: openGuardedFetch({ privateHosts: [host] }) },
      { payload: { clientId }, signal: ending.signal },
    )
    await assert.rejects(fetching, /the worker ends/u)
    assert.equal((await logo())?.problem, '')
  })

  it('a server that is away or slow, which is tried again', async () => {
    answer = (request) => request.destroy()
    await register()
    await assert.rejects(fetchNow(), /localhost/u)
    assert.match((await logo())?.problem ?? '', /^localhost:\d+: ECONNRESET\.$/u)
  })
})

it('nothing is served that is no logo of anybody', async () => {
  for (const file of ['x.webp', `${'a'.repeat(43)}.webp`, '..%2f..%2fetc%2fpasswd', 'x'])
    assert.equal((await fetch(`${service.url}/client-logos/${file}`)).status, 404, file)
})
