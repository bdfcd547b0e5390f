import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { credentialsOf, registerTestClient, type TestClient } from '../testing/clients.ts'
import { openFileDeps, rowsOf, withParts } from '../testing/deps.ts'
import { startTestService, type TestService } from '../testing/service.ts'

const { deps } = await openFileDeps({ emptied: [] })
let service: TestService
let operator: TestClient

before(async () => {
  service = await startTestService(deps)
  operator = await registerTestClient(deps, {
    id: 'operator',
    permissions: ['clients.read', 'clients.write', 'events.read'],
  })
})
after(() => service.close())

/** What the methods answer, as far as it is looked at here, or a problem document. */
interface Body {
  client: { type: string; record: Record<string, unknown>; secrets: unknown[] }
  clientSecret: string
  clients: { id: string }[]
  nextPageToken: string
  violations: { rule: string }[]
}

async function ask(method: string, path: string, body?: unknown, as: TestClient = operator) {
  const answer = await fetch(`${service.url}/api/v1/clients${path}`, {
    method,
    headers: { authorization: as.authorization, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  return { status: answer.status, body: (await answer.json()) as Body }
}

const record = {
  name: 'Photos',
  scopes: ['openid', 'profile'],
  grantTypes: ['authorization_code', 'refresh_token'],
  redirectUris: ['https://photos.example/callback'],
}
const photos = { id: 'photos', type: 'CLIENT_TYPE_CONFIDENTIAL', record }

describe('clients through the contract', () => {
  it('are registered, read, replaced and listed', async () => {
    const created = await ask('POST', '', photos)
    assert.equal(created.status, 200, JSON.stringify(created.body))
    assert.match(created.body.clientSecret, /^sk_/u)
    assert.equal(created.body.client.type, 'CLIENT_TYPE_CONFIDENTIAL')
    assert.deepEqual(created.body.client.record.redirectUris, record.redirectUris)
    assert.deepEqual(created.body.client.record.responseModes, ['query', 'form_post'])
    assert.doesNotMatch(JSON.stringify(created.body.client), new RegExp(created.body.clientSecret))

    const redirectUris = ['https://photos.example/other']
    const tosUri = 'https://photos.example/terms'
    const changed = await ask('PUT', '/photos', { record: { ...record, redirectUris, tosUri } })
    assert.equal(changed.status, 200, JSON.stringify(changed.body))
    const read = await ask('GET', '/photos')
    assert.deepEqual(read.body, changed.body)
    assert.deepEqual(read.body.client.record.redirectUris, redirectUris)
    assert.equal(read.body.client.secrets.length, 1)
    const kinds = `select kind from events where client_id = 'photos' order by arrival`
    assert.deepEqual(await rowsOf(deps, kinds), [['client.created'], ['client.updated']])

    const first = await ask('GET', '?pageSize=1')
    assert.deepEqual(
      first.body.clients.map(({ id }) => id),
      ['operator'],
    )
    const next = await ask('GET', `?pageToken=${first.body.nextPageToken}`)
    assert.deepEqual(
      next.body.clients.map(({ id }) => id),
      ['photos', 'signet'],
    )
  })

  it('have access tokens that live no longer than the installation allows, and are answered so', async () => {
    const { config } = deps
    const max = config.accessTokenLifetimeSeconds
    const asked = (accessTokenLifetimeSeconds: number) => ({
      ...{ name: 'Reports', scopes: ['reports'], audiences: ['https://reports.example'] },
      ...{ grantTypes: ['client_credentials'], accessTokenLifetimeSeconds },
    })
    const answered = ({ body }: Awaited<ReturnType<typeof ask>>) =>
      body.client.record.accessTokenLifetimeSeconds
    const type = 'CLIENT_TYPE_SERVICE'
    const created = await ask('POST', '', { id: 'reports', type, record: asked(max + 1) })
    assert.equal(answered(created), max, JSON.stringify(created.body))
    const stored = `select access_token_lifetime_seconds from clients where id = 'reports'`
    assert.deepEqual(await rowsOf(deps, stored), [[max]])
    const { authorization } = credentialsOf('reports', created.body.clientSecret)
    const grant = { grant_type: 'client_credentials' }
    const expiresIn = async (at: TestService) => {
      const { text } = await at.post('/oauth2/token', grant, { authorization })
      return (JSON.parse(text) as { expires_in: number }).expires_in
    }
    assert.equal(await expiresIn(service), max)
    assert.equal(answered(await ask('PUT', '/reports', { record: asked(max - 1) })), max - 1)
    assert.equal(answered(await ask('PUT', '/reports', { record: asked(max + 1) })), max)

    // Where the installation allows less from some day on, so do its answers.
    const less = withParts(deps, { config: { ...config, accessTokenLifetimeSeconds: 60 } })
    const stricter = await startTestService(less)
    try {
      const headers = { authorization: operator.authorization }
      const read = await fetch(`${stricter.url}/api/v1/clients/reports`, { headers })
      const { client } = (await read.json()) as Body
      assert.equal(client.record.accessTokenLifetimeSeconds, 60)
      assert.equal(await expiresIn(stricter), 60)
    } finally {
      await stricter.close()
    }
  })

  it('are closed and opened again, and their secrets stay ended', async () => {
    const { body } = await ask('POST', '', { ...photos, id: 'closing' })
    const credentials = Buffer.from(`closing:${body.clientSecret}`).toString('base64')
    const works = async () =>
      (
        await service.post(
          '/oauth2/introspect',
          { token: 'x' },
          { authorization: `Basic ${credentials}` },
        )
      ).status
    assert.equal(await works(), 200)
    assert.deepEqual((await ask('POST', '/closing/disable', {})).body, { changed: true })
    assert.deepEqual((await ask('POST', '/closing/disable', {})).body, { changed: false })
    assert.equal(await works(), 401)
    assert.deepEqual((await ask('POST', '/closing/enable', {})).body, { changed: true })
    assert.equal(await works(), 401)
    assert.match((await ask('POST', '/closing/secrets', {})).body.clientSecret, /^sk_/u)
  })

  it('are refused where something is wrong, and nothing changes', async () => {
    const wrong = await ask('POST', '', {
      ...photos,
      id: 'wrong',
      record: { ...record, redirectUris: ['http://photos.example'] },
    })
    assert.deepEqual([wrong.status, wrong.body.violations[0]?.rule], [400, 'client.redirect_uri'])
    assert.equal((await ask('GET', '/wrong')).status, 404)
    assert.equal((await ask('PUT', '/nobody', { record })).status, 404)
    assert.equal((await ask('PUT', '/signet', { record })).status, 400)
    const { publicKey } = generateKeyPairSync('ed25519')
    const keys = { keys: [publicKey.export({ format: 'jwk' })] }
    assert.equal((await ask('PUT', '/photos', { record: { ...record, jwks: keys } })).status, 400)
  })

  it('get no permission from who does not have it', async () => {
    const more = { ...record, permissions: ['tokens.introspect'] }
    const created = await ask('POST', '', { ...photos, id: 'more', record: more })
    assert.equal(created.status, 403)
    assert.equal((await ask('PUT', '/photos', { record: more })).status, 403)
    const same = await ask('POST', '', {
      ...photos,
      id: 'same',
      record: { ...record, permissions: ['events.read'] },
    })
    assert.equal(same.status, 200, JSON.stringify(same.body))
    await registerTestClient(deps, { id: 'stronger', permissions: ['tokens.introspect'] })
    assert.equal((await ask('POST', '/stronger/secrets', {})).status, 403)
    const secrets = `select count(*)::int from client_secrets where client_id = 'stronger'`
    assert.deepEqual(await rowsOf(deps, secrets), [[1]])
    const reader = await registerTestClient(deps, { id: 'reader', permissions: ['clients.read'] })
    assert.equal((await ask('POST', '', photos, reader)).status, 403)
    assert.equal((await ask('GET', '/photos', undefined, reader)).status, 200)
  })
})
