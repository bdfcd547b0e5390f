import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hash as bcryptHash } from '@node-rs/bcrypt'
import { ErrorReason } from '@signet/contract'
import type { Deps } from '../deps.ts'
import { listEventKeys } from '../events/event-keys.ts'
import { decryptFacts } from '../events/personal-fields.ts'
import type { RequestContext } from '../request-context.ts'
import { assertRefused, openTestUser, signInAs, testPassword } from '../testing/accounts.ts'
import { openFileDeps, rowsOf, testContext, withParts } from '../testing/deps.ts'
import { apiAudience, verifyAccessToken } from '../tokens/access-token.ts'
import { suspendUser } from '../users/suspend-user.ts'
import { type SignIn, signIn } from './sign-in.ts'

const { deps } = await openFileDeps({ emptied: ['users', 'event_windows'] })

const email = 'ada@example.com'

function send(changes: Partial<SignIn> = {}, context: Partial<RequestContext> = {}) {
  const input = {
    identifier: email,
    password: testPassword,
    device: undefined,
    deviceSecret: '',
    ...changes,
  }
  return signIn(deps, testContext(context), input)
}

async function sessions(): Promise<unknown[][]> {
  return rowsOf(deps, 'select id, user_id from sessions')
}

async function latestEvent(): Promise<unknown[] | undefined> {
  const text = `select kind, outcome, subject_id, client_id, details from events
                 where kind not like 'signing_key.%' order by id desc limit 1`
  return (await rowsOf(deps, text))[0]
}

/** The same parts, with a count of the hashes that were computed. */
function counting(): { counted: Deps; count: () => number } {
  let hashes = 0
  const passwords: Deps['passwords'] = {
    ...deps.passwords,
    verify(...args) {
      hashes += 1
      return deps.passwords.verify(...args)
    },
  }
  return { counted: { ...deps, passwords }, count: () => hashes }
}

describe('signIn, right password', () => {
  it('starts a session and issues a token that speaks of it', async () => {
    const userId = await openTestUser(deps, email)
    const now = new Date('2026-11-22T12:00:00.500Z')
    const device = { installationId: 'i-1', model: 'Pixel 11', os: 'Android 18', app: 'Ledger 4' }
    const signedIn = await send({ device }, { now, ipAddress: '2001:db8::1', userAgent: 'curl/9' })
    assert.equal(signedIn.expiresIn, 300)

    const columns =
      'user_id, client_id, installation_id, device_model, device_os, device_app, host(ip_address), user_agent, actor_id, amr, acr, auth_time, rev, ended_at'
    const [session] = await rowsOf(deps, `select ${columns} from sessions where id = $1`, [
      signedIn.sessionId,
    ])
    assert.deepEqual(session, [
      userId,
      'signet',
      'i-1',
      'Pixel 11',
      'Android 18',
      'Ledger 4',
      '2001:db8::1',
      'curl/9',
      null,
      ['pwd'],
      'aal1',
      now,
      0n,
      null,
    ])
    assert.equal(signedIn.sessionId.slice(-4), userId.slice(-4), 'the shard key of the user')

    const { issuer } = deps.config
    const expected = { now, issuer, audience: apiAudience(issuer) }
    const claims = verifyAccessToken(deps.signingKeys, signedIn.accessToken, expected)
    assert.equal(claims.sub, userId)
    assert.equal(claims.sid, signedIn.sessionId)
    assert.equal(claims.auth_time, Math.floor(now.getTime() / 1000))
    assert.deepEqual([claims.scope, claims.roles, claims.amr], ['signet:api', ['user'], ['pwd']])
    const details = { sessionId: signedIn.sessionId, amr: ['pwd'], knownDevice: false }
    assert.deepEqual(await latestEvent(), ['session.started', 'success', userId, 'signet', details])
  })

  for (const key of ['kept', 'missing']) {
    it(`records from where it came, with the event key of the user ${key}`, async () => {
      const userId = await openTestUser(deps, email)
      await send()
      if (key === 'missing') await rowsOf(deps, 'delete from event_keys')
      await send({}, { ipAddress: '192.0.2.9', userAgent: 'curl/9' })
      const [[eventId, origin] = []] = await rowsOf(
        deps,
        'select id, origin from events where subject_id = $1 order by arrival desc limit 1',
        [userId],
      )
      const eventKey = (await listEventKeys(deps, new Set([userId]))).get(userId)
      assert.ok(eventKey)
      const place = { eventId: String(eventId), column: 'origin' } as const
      assert.deepEqual(decryptFacts(eventKey, place, origin as Buffer), {
        ipAddress: '192.0.2.9',
        userAgent: 'curl/9',
      })
    })
  }

  it('takes the address in any case and Unicode form', async () => {
    const userId = await openTestUser(deps, 'José@BÜCHER.example')
    for (const identifier of [
      'josé@bücher.example',
      'JOSÉ@bücher.EXAMPLE',
      'jose\u0301@xn--bcher-kva.example',
    ]) {
      const { sessionId } = await send({ identifier })
      const found = await rowsOf(deps, 'select user_id from sessions where id = $1', [sessionId])
      assert.deepEqual(found, [[userId]])
    }
  })

  it('issues no token that outlives the session', async () => {
    await openTestUser(deps, email)
    for (const shortest of ['sessionIdleLifetimeSeconds', 'sessionLifetimeSeconds']) {
      const config = { ...deps.config, [shortest]: 90 }
      const { expiresIn } = await signIn(withParts(deps, { config }), testContext(), {
        identifier: email,
        password: testPassword,
        device: undefined,
        deviceSecret: '',
      })
      assert.ok(expiresIn > 60 && expiresIn <= 91, `${shortest}: ${expiresIn}`)
    }
  })

  it('works from whatever address a socket or a proxy names', async () => {
    await openTestUser(deps, email)
    for (const [ipAddress, stored] of [
      ['', null],
      ['unix:', null],
      ['fe80::1%eth0', 'fe80::1'],
      ['::ffff:192.0.2.7', '::ffff:192.0.2.7'],
      ['999.1.1.1', null],
    ] as const) {
      const { sessionId } = await send({}, { ipAddress })
      const text = 'select host(ip_address) from sessions where id = $1'
      assert.deepEqual(await rowsOf(deps, text, [sessionId]), [[stored]])
    }
  })
})

describe('signIn, refused', () => {
  it('says the same for a wrong password, an unknown address, and a user without a password', async () => {
    const userId = await openTestUser(deps, email)
    const without = await openTestUser(deps, 'passwordless@example.com')
    await rowsOf(deps, 'delete from passwords where user_id = $1', [without])
    await assertRefused(send({ password: 'wrong' }), ErrorReason.INVALID_CREDENTIALS)
    assert.deepEqual(await latestEvent(), ['sign_in.failed', 'failure', userId, 'signet', {}])
    const unknown = { identifier: 'eve@example.com' }
    await assertRefused(send(unknown), ErrorReason.INVALID_CREDENTIALS)
    assert.deepEqual(await latestEvent(), ['sign_in.failed', 'failure', null, 'signet', {}])
    const passwordless = { identifier: 'passwordless@example.com' }
    await assertRefused(send(passwordless), ErrorReason.INVALID_CREDENTIALS)
    assert.deepEqual(await sessions(), [])
  })

  it('takes the password exactly as it was set', async () => {
    await openTestUser(deps, email)
    const near = [
      `${testPassword} `,
      ` ${testPassword}`,
      testPassword.toUpperCase(),
      testPassword.slice(0, -1),
      `${testPassword}\u0000`,
      '',
    ]
    for (const password of near) {
      await assertRefused(send({ password }), ErrorReason.INVALID_CREDENTIALS)
    }
  })

  it('computes exactly one hash for a known and for an unknown address', async () => {
    await openTestUser(deps, email)
    for (const identifier of [email, 'unknown@example.com']) {
      const { counted, count } = counting()
      await assertRefused(
        signInAs(counted, identifier, 'wrong password'),
        ErrorReason.INVALID_CREDENTIALS,
      )
      assert.equal(count(), 1, identifier)
    }
  })

  it('tells only who gave the right password that the account is suspended', async () => {
    const userId = await openTestUser(deps, email)
    await suspendUser(deps, testContext(), { userId })
    await assertRefused(send({ password: 'wrong' }), ErrorReason.INVALID_CREDENTIALS)
    await assertRefused(send(), ErrorReason.ACCOUNT_SUSPENDED)
    const refused = { reason: 'suspended' }
    assert.deepEqual(await latestEvent(), ['sign_in.refused', 'failure', userId, 'signet', refused])
    assert.deepEqual(await sessions(), [])
  })

  it('refuses while the client is disabled', async () => {
    await openTestUser(deps, email)
    await rowsOf(deps, `update clients set status = 'disabled'`)
    try {
      await assertRefused(send(), ErrorReason.INVALID_CREDENTIALS)
    } finally {
      await rowsOf(deps, `update clients set status = 'active'`)
    }
  })

  it('names what is malformed', async () => {
    const device = { installationId: '', model: 'a\u0000b', os: '', app: '' }
    await assertRefused(send({ identifier: 'ada', device }), ErrorReason.INVALID_ARGUMENT, [
      'email.at',
      'text.printable',
    ])
    const spaced = { identifier: ` ${email}` }
    await assertRefused(send(spaced), ErrorReason.INVALID_ARGUMENT, ['email.space'])
  })

  it('records what was tried without the password, and the address as ciphertext alone', async () => {
    const identifier = 'canary-address@example.com'
    await assertRefused(
      send({ identifier, password: 'canary-password' }),
      ErrorReason.INVALID_CREDENTIALS,
    )
    for (const table of ['events', 'event_windows']) {
      const text = JSON.stringify(await rowsOf(deps, `select t::text from ${table} t`))
      assert.ok(text.includes('sign_in.failed'))
      assert.equal(text.includes('canary'), false, table)
      assert.equal(text.includes(Buffer.from('canary').toString('hex')), false, table)
    }
    const latest = 'select personal is not null from events order by id desc limit 1'
    assert.deepEqual(await rowsOf(deps, latest), [[true]])
  })
})

describe('signIn with an address that several claim', () => {
  it('signs each into their own account, by their own password', async () => {
    const claimants = []
    for (const password of ['the first password', 'the second password', 'the third password']) {
      const userId = await openTestUser(deps, email, { password, verified: false })
      claimants.push({ userId, password })
    }
    for (const { userId, password } of claimants) {
      const { sessionId } = await send({ password })
      const found = await rowsOf(deps, 'select user_id from sessions where id = $1', [sessionId])
      assert.deepEqual(found, [[userId]])
    }
    await assertRefused(send({ password: 'a fourth password' }), ErrorReason.INVALID_CREDENTIALS)
    assert.equal((await latestEvent())?.[2], null, 'nobody can say who was meant')
  })

  it('knows only the owner, once somebody proved to own it', async () => {
    await openTestUser(deps, email, { password: 'a claim before', verified: false })
    const ownerId = await openTestUser(deps, email, { password: 'the owner of it' })
    await openTestUser(deps, email, { password: 'a claim after', verified: false })
    const { counted, count } = counting()
    for (const password of ['a claim before', 'a claim after']) {
      await assertRefused(signInAs(counted, email, password), ErrorReason.INVALID_CREDENTIALS)
    }
    assert.equal(count(), 2)
    await send({ password: 'the owner of it' })
    assert.deepEqual(
      (await sessions()).map(([, userId]) => userId),
      [ownerId],
    )
  })
})

describe('signIn with a hash from elsewhere', () => {
  async function importUser(): Promise<string> {
    const userId = await openTestUser(deps, email)
    const hash = await bcryptHash(testPassword, { cost: 4 })
    await rowsOf(deps, 'update passwords set hash = $2 where user_id = $1', [userId, hash])
    return hash
  }

  async function storedHash(): Promise<string> {
    return String((await rowsOf(deps, 'select hash from passwords'))[0]?.[0])
  }

  it('replaces it by one of ours, and goes on working', async () => {
    const imported = await importUser()
    await assertRefused(send({ password: 'wrong' }), ErrorReason.INVALID_CREDENTIALS)
    assert.equal(await storedHash(), imported)
    await send()
    const upgraded = await storedHash()
    assert.match(upgraded, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    await send()
    assert.equal(await storedHash(), upgraded)
  })

  it('lets ten sign in at once', async () => {
    await importUser()
    const signedIn = await Promise.all(Array.from({ length: 10 }, () => send()))
    assert.equal(new Set(signedIn.map(({ sessionId }) => sessionId)).size, 10)
    assert.match(await storedHash(), /^\$argon2id\$/)
    await send()
  })
})
