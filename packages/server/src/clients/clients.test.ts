import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import { after, before, beforeEach, describe, it } from 'node:test'
import { ErrorReason } from '@signet/contract'
import type { Json } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import type { SignetError } from '../errors.ts'
import type { ClientId } from '../ids.ts'
import { startSession } from '../sessions/start-session.ts'
import { assertRefused, openTestUser } from '../testing/accounts.ts'
import { newClient } from '../testing/clients.ts'
import { openTestDeps, rowsOf, type TestDeps, testContext } from '../testing/deps.ts'
import { disableClient } from './disable-client.ts'
import { ownClientId } from './own-client.ts'
import { type NewClient, registerClient } from './register-client.ts'
import { rotateClientSecret } from './rotate-client-secret.ts'

function publicJwk({ publicKey }: { publicKey: KeyObject }): Record<string, string> {
  return publicKey.export({ format: 'jwk' }) as Record<string, string>
}

let test: TestDeps
let deps: Deps

before(async () => {
  test = await openTestDeps()
  deps = test.deps
})
after(() => test.close())
beforeEach(async () => {
  await rowsOf(deps, 'delete from users')
  await rowsOf(deps, `delete from clients where id <> 'signet'`)
})

const clientId = 'ledger' as ClientId

function register(changes: Partial<NewClient> = {}) {
  const client = newClient({ id: clientId, type: 'confidential', scopes: ['ledger.read'] })
  return registerClient(deps, testContext({ caller: { kind: 'operator' } }), {
    ...client,
    ...changes,
  })
}

const rotate = (lifetimeDays?: number) =>
  rotateClientSecret(deps, testContext({ caller: { kind: 'operator' } }), {
    clientId,
    lifetimeDays,
  })

/** Which of these secrets are good. */
async function good(secrets: (string | undefined)[]): Promise<boolean[]> {
  const text = `select secret_hash from client_secrets
                 where revoked_at is null and (expires_at is null or expires_at > now())`
  const stored = (await rowsOf(deps, text)).map(([hash]) => (hash as Buffer).toString('hex'))
  const hashOf = (secret = '') => createHash('sha256').update(secret).digest('hex')
  return secrets.map((secret) => stored.includes(hashOf(secret)))
}

async function latestEvent(kind: string): Promise<unknown[] | undefined> {
  const text = 'select client_id, outcome from events where kind = $1 order by arrival desc limit 1'
  return (await rowsOf(deps, text, [kind]))[0]
}

describe('registering a client', () => {
  it('gives a secret, of which only hash and beginning are stored', async () => {
    const { secret } = await register()
    assert.match(secret ?? '', /^sk_[\w-]{43}$/u)
    assert.deepEqual(await good([secret]), [true])
    const stored = await rowsOf(deps, 'select s::text, c::text from client_secrets s, clients c')
    assert.ok(!String(stored).includes(secret?.slice(9) ?? ''))
    assert.deepEqual(await latestEvent('client.created'), ['ledger', 'success'])
  })

  it('is for nobody who is not known, whatever the client may do', async () => {
    const record = newClient({ id: clientId, type: 'confidential' })
    const registered = registerClient(deps, testContext(), record)
    await assertRefused(registered, ErrorReason.UNAUTHENTICATED)
    await register()
    const rotated = rotateClientSecret(deps, testContext(), { clientId })
    await assertRefused(rotated, ErrorReason.UNAUTHENTICATED)
  })

  it('gives none to a public client', async () => {
    assert.equal((await register({ type: 'public' })).secret, undefined)
    assert.deepEqual(await rowsOf(deps, 'select * from client_secrets'), [])
    await assertRefused(rotate(), ErrorReason.INVALID_ARGUMENT, ['client.public'])
  })

  it('refuses an id that is taken, the built-in one too, and changes nothing', async () => {
    const { secret } = await register()
    for (const id of ['ledger', 'signet']) {
      await assertRefused(register({ id }), ErrorReason.INVALID_ARGUMENT, ['client.id_taken'])
    }
    assert.deepEqual(await good([secret]), [true])
  })

  it('says everything that is wrong at once', async () => {
    const wrong = register({
      id: 'Ledger!',
      name: ' ',
      scopes: ['two words', 'fine', ''],
      allowedOrigins: ['https://a.example/', '*', 'https://a.example'],
      directSignIn: true,
      subjectNamespace: 'A',
    })
    await assertRefused(wrong, ErrorReason.INVALID_ARGUMENT, [
      'client.id',
      'client.name',
      'client.scope',
      'client.scope',
      'client.origin',
      'client.origin',
      'client.direct_sign_in',
      'client.subject_namespace',
      'client.namespace_of_service',
    ])
  })
})

describe('what a client may do for itself', () => {
  it('is stored as it is named, once each', async () => {
    await register({
      type: 'service',
      permissions: ['events.read', 'tokens.mint', 'events.read'],
      subjectNamespace: 'ledger',
      resources: ['https://ledger.example'],
      audiences: ['https://ledger.example', 'ledger'],
      claims: ['tenant'],
      accessTokenLifetimeSeconds: 60,
    })
    const stored = await rowsOf(
      deps,
      `select permissions, resources, audiences, claims, access_token_lifetime_seconds from clients where id = 'ledger'`,
    )
    assert.deepEqual(stored, [
      [
        ['events.read', 'tokens.mint'],
        ['https://ledger.example'],
        ['https://ledger.example', 'ledger'],
        ['tenant'],
        60,
      ],
    ])
  })

  it('is never everything, not even by a row', async () => {
    const all = register({ permissions: ['*'] })
    await assertRefused(all, ErrorReason.INVALID_ARGUMENT, ['client.permission_for_everything'])
    const row = `update clients set permissions = '{events.read,*}' where id = 'signet'`
    await assert.rejects(rowsOf(deps, row), /permissions/)
  })

  it('is nothing that no method asks for', async () => {
    const wrong = register({ permissions: ['event.read', 'events.read', ''] })
    await assertRefused(wrong, ErrorReason.INVALID_ARGUMENT, [
      'client.permission',
      'client.permission',
    ])
    await assert.rejects(register({ permissions: ['x'] }), (error) => {
      const [violation] = (error as SignetError).violations
      assert.match(
        violation?.message ?? '',
        /There are clients\.read, .*tokens\.mint, .*users\.write\.$/,
      )
      return true
    })
  })

  it('needs a secret, and minting a namespace', async () => {
    const wrong = register({ type: 'public', permissions: ['tokens.mint'] })
    await assertRefused(wrong, ErrorReason.INVALID_ARGUMENT, [
      'client.permission_of_public',
      'client.mint_without_namespace',
    ])
  })

  it('has audiences, claims and lifetimes that can be used', async () => {
    const wrong = register({
      resources: ['two words', 'fine'],
      audiences: ['', 'x'.repeat(201)],
      claims: ['sub', 'Roles', 'signet_x', '1x', 'fine', '__proto__', 'x'.repeat(101)],
      accessTokenLifetimeSeconds: 0,
    })
    await assertRefused(wrong, ErrorReason.INVALID_ARGUMENT, [
      'client.audience',
      'client.audience',
      'client.audience',
      'client.claim_reserved',
      'client.claim_reserved',
      'client.claim_reserved',
      'client.claim_reserved',
      'client.claim',
      'client.claim',
      'client.lifetime',
    ])
  })
})

describe('what a client is to the authorization server', () => {
  const key = publicJwk(generateKeyPairSync('ec', { namedCurve: 'P-256' }))

  it('is stored as it is given, and a client that signs gets no secret', async () => {
    const { secret } = await register({
      grantTypes: ['authorization_code'],
      redirectUris: ['https://app.example/cb', 'https://app.example/cb'],
      postLogoutRedirectUris: ['https://app.example/'],
      backchannelLogoutUri: 'https://app.example/logout',
      responseModes: ['query'],
      pkceRequired: false,
      jwks: { keys: [key] },
      tosUri: 'https://app.example/terms',
    })
    assert.equal(secret, undefined)
    const text = `select grant_types, redirect_uris, post_logout_redirect_uris, backchannel_logout_uri, response_modes,
                         pkce_required, jwks, jwks_uri, tos_uri from clients where id = 'ledger'`
    assert.deepEqual(await rowsOf(deps, text), [
      [
        ['authorization_code'],
        ['https://app.example/cb'],
        ['https://app.example/'],
        'https://app.example/logout',
        ['query'],
        false,
        { keys: [key] },
        null,
        'https://app.example/terms',
      ],
    ])
    await assertRefused(rotate(), ErrorReason.INVALID_ARGUMENT, ['client.signs'])
  })

  it('says everything that is wrong at once', async () => {
    const wrong = register({
      type: 'public',
      grantTypes: ['client_credentials'],
      redirectUris: ['http://app.example/cb'],
      postLogoutRedirectUris: ['https://app.example/#'],
      backchannelLogoutUri: 'http://app.example/logout',
      logoUri: 'javascript:alert(1)',
      pkceRequired: false,
      jwks: { keys: [{ ...key, d: 'private' }] },
      jwksUri: 'https://app.example/jwks',
    })
    await assertRefused(wrong, ErrorReason.INVALID_ARGUMENT, [
      'client.redirect_uri',
      'client.redirect_uri',
      'client.address',
      'client.address',
      'client.code_without_grant',
      'client.credentials_of_public',
      'client.pkce',
      'client.keys_of_public',
      'client.two_key_sets',
      'client.jwks',
    ])
    const service = register({ type: 'service', grantTypes: ['authorization_code'] })
    await assertRefused(service, ErrorReason.INVALID_ARGUMENT, ['client.code_of_service'])
  })
})

describe('a key set of a client', () => {
  const registerWith = (...keys: Json[]) => register({ id: `keys-${randomUUID()}`, jwks: { keys } })
  const rsa = (modulusLength: number, publicExponent = 65_537) =>
    publicJwk(generateKeyPairSync('rsa', { modulusLength, publicExponent }))

  it('holds public keys for signing', async () => {
    await registerWith(
      publicJwk(generateKeyPairSync('ec', { namedCurve: 'P-256' })),
      publicJwk(generateKeyPairSync('ed25519')),
      rsa(2048),
    )
  })

  it('is refused with keys that are weak, broken or private (RFC 8725 §3.4)', async () => {
    const good = publicJwk(generateKeyPairSync('ec', { namedCurve: 'P-256' }))
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const bad: Json[] = [
      rsa(1024),
      rsa(2048, 3),
      { ...rsa(2048), n: Buffer.alloc(1025, 0xff).toString('base64url') },
      publicJwk(generateKeyPairSync('ec', { namedCurve: 'P-384' })),
      { ...good, y: good.x ?? '' },
      { ...good, crv: 'P-521' },
      { ...good, use: 'enc' },
      { kty: 'oct', k: 'c2VjcmV0' },
      { ...(privateKey.export({ format: 'jwk' }) as Record<string, string>) },
      {},
      null,
      'key',
    ]
    for (const key of bad)
      await assertRefused(registerWith(good, key), ErrorReason.INVALID_ARGUMENT, ['client.jwks'])
    await assertRefused(registerWith(), ErrorReason.INVALID_ARGUMENT, ['client.jwks'])
  })
})

describe('rotating a secret', () => {
  it('keeps two, also when many rotate at once', async () => {
    const { secret: first } = await register()
    const second = await rotate()
    assert.deepEqual(await good([first, second]), [true, true])
    const third = await rotate()
    assert.deepEqual(await good([first, second, third]), [false, true, true])
    const many = await Promise.all(Array.from({ length: 12 }, () => rotate()))
    assert.equal((await good(many)).filter(Boolean).length, 2)
    assert.deepEqual(await good([second, third]), [false, false])
  })

  it('gives an expiry, and an expired one takes no place', async () => {
    const { secret: first } = await register()
    const second = await rotate(1)
    await rowsOf(deps, 'update client_secrets set expires_at = now() where expires_at is not null')
    const third = await rotate()
    assert.deepEqual(await good([first, second, third]), [true, false, true])
  })

  it('is refused where there is no such client', async () => {
    await assertRefused(rotate(), ErrorReason.NOT_FOUND)
  })
})

describe('disabling a client', () => {
  const disable = (id: ClientId = clientId) => disableClient(deps, testContext(), { clientId: id })
  const session = async (id = clientId) =>
    startSession(deps, testContext(), {
      userId: await openTestUser(deps, `${Math.random()}@example.com`),
      clientId: id,
      device: undefined,
      amr: ['pwd'],
      acr: 'aal1',
      rev: 0n,
    })

  it('ends everything by one entry, and lets nothing begin', async () => {
    await register({ type: 'public' })
    assert.ok(await session())
    assert.deepEqual(await disable(), { changed: true })
    const text = `select l.reason, l.position = c.cut from revocation_log l join clients c on c.id = l.value
                   where l.scope = 'client' and c.id = 'ledger'`
    assert.deepEqual(await rowsOf(deps, text), [['client_disabled', true]])
    assert.equal(await session(), undefined)
    assert.deepEqual(await disable(), { changed: false })
    assert.equal((await rowsOf(deps, text)).length, 1)
    assert.deepEqual(await latestEvent('client.disabled'), ['ledger', 'success'])
  })

  it('happens once, whoever else does it', async () => {
    await register()
    const all = await Promise.all(Array.from({ length: 10 }, () => disable()))
    assert.equal(all.filter(({ changed }) => changed).length, 1)
    await assertRefused(rotate(), ErrorReason.INVALID_ARGUMENT, ['client.disabled'])
  })

  it('leaves the built-in one alone', async () => {
    await assertRefused(disable(ownClientId), ErrorReason.INVALID_ARGUMENT, ['client.built_in'])
    assert.ok(await session(ownClientId))
    await assertRefused(disable(), ErrorReason.NOT_FOUND)
  })
})
