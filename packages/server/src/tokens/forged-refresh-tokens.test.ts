/** Refresh tokens that we did not derive, or not here: refused before anything about the grant is looked at or changed. */

import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { after, before, beforeEach, describe, it, type TestContext } from 'node:test'
import { ErrorReason } from '@signet/contract'
import { openMasterSecret } from '../crypto/master-secret.ts'
import type { Deps } from '../deps.ts'
import { openKnownGrants } from '../grants/grant-keys.ts'
import type { ClientId, UserId } from '../ids.ts'
import type { SignedIn } from '../sign-in/sign-in.ts'
import { assertRefused, openTestUser, signInAs } from '../testing/accounts.ts'
import { secondsAhead } from '../testing/clock.ts'
import { openTestDeps, rowsOf, type TestDeps, testContext, withParts } from '../testing/deps.ts'
import { everyGrant, generationOf, loggedRevocations, refreshEvents } from '../testing/grants.ts'
import { deriveRefreshToken, parseRefreshToken } from './refresh-token.ts'
import { confirmRefresh, refreshTokens } from './refresh-tokens.ts'

const secretOf = (name: string) => ({ current: `a master secret of this test, ${name}` })

let test: TestDeps
let deps: Deps
let userId: UserId
let signedIn: SignedIn

before(async () => {
  test = await openTestDeps()
})
after(() => test.close())
beforeEach(async () => {
  await rowsOf(test.deps, 'delete from users')
  deps = withMasterSecret(secretOf('one'))
  userId = await openTestUser(deps, 'ada@example.com')
  signedIn = await signInAs(deps, 'ada@example.com')
})

/** The service as it is after a restart with these secrets. */
function withMasterSecret(secrets: { current: string; previous?: string }): Deps {
  const masterSecret = openMasterSecret(secrets)
  return withParts(test.deps, { masterSecret, knownGrants: openKnownGrants(masterSecret) })
}

const at = (t: TestContext, seconds: number) =>
  secondsAhead({ address: test.address, deps }, t, seconds)

function refresh(at: Deps, refreshToken: string) {
  return refreshTokens(at, testContext(), { refreshToken })
}

/** Refused by both methods, and nothing is different after. */
async function refusedUntouched(at: Deps, tokens: string[]): Promise<void> {
  const before = [
    await everyGrant(deps),
    await refreshEvents(deps, userId),
    await loggedRevocations(deps),
  ]
  for (const token of tokens) {
    await assertRefused(refresh(at, token), ErrorReason.INVALID_GRANT)
    await assertRefused(confirmRefresh(at, token), ErrorReason.INVALID_GRANT)
  }
  const after = [
    await everyGrant(deps),
    await refreshEvents(deps, userId),
    await loggedRevocations(deps),
  ]
  assert.deepEqual(after, before)
}

/** The bytes of a token with some of them replaced. */
function patched(token: string, offset: number, bytes: Buffer): string {
  const whole = Buffer.from(token.slice('sr1_'.length), 'base64url')
  bytes.copy(whole, offset)
  return `sr1_${whole.toString('base64url')}`
}

const macOffset = 20
const generationOffset = 16

describe('a forged refresh token', () => {
  it('with the id of a real grant is refused, and never taken for reuse', async (t) => {
    const { refreshToken: current } = await refresh(await at(t, 40), signedIn.refreshToken)
    const later = await at(t, 200)
    await refusedUntouched(later, [
      patched(current, macOffset, randomBytes(32)),
      patched(current, macOffset, Buffer.alloc(32)),
      patched(signedIn.refreshToken, macOffset, randomBytes(32)),
      ...[0, 1, 3, 2 ** 31, 2 ** 32 - 1].map((generation) => {
        const bytes = Buffer.alloc(4)
        bytes.writeUInt32BE(generation)
        return patched(current, generationOffset, bytes)
      }),
    ])
    assert.equal(generationOf((await refresh(later, current)).refreshToken), 3)
  })

  it('with the MAC of another grant, and of no grant, is refused', async (t) => {
    const other = await signInAs(deps, 'ada@example.com')
    const id = Buffer.from(
      parseRefreshToken(other.refreshToken)?.grantId.replaceAll('-', '') ?? '',
      'hex',
    )
    const later = await at(t, 200)
    await refusedUntouched(later, [
      patched(signedIn.refreshToken, 0, id),
      patched(signedIn.refreshToken, 0, randomBytes(16)),
      patched(signedIn.refreshToken, 0, Buffer.alloc(16)),
      '',
      'sr1_',
      signedIn.accessToken,
      'sr1_\u0000',
    ])
  })

  it('is refused in every length and with any byte changed', async (t) => {
    const { refreshToken } = signedIn
    const later = await at(t, 200)
    const changed = Array.from({ length: 52 }, (_, offset) => {
      const byte = Buffer.from(refreshToken.slice('sr1_'.length), 'base64url').readUInt8(offset)
      return patched(refreshToken, offset, Buffer.of(byte ^ 1))
    })
    const cut = Array.from({ length: 74 }, (_, length) => refreshToken.slice(0, length))
    await refusedUntouched(later, [...changed, ...cut])
    assert.ok(await refresh(later, refreshToken))
  })
})

describe('a refresh token from elsewhere', () => {
  it('of another issuer over the same database is refused', async (t) => {
    const later = await at(t, 200)
    const config = { ...later.config, issuer: 'https://id.example.org' }
    await refusedUntouched({ ...later, config }, [signedIn.refreshToken])
  })

  it('of another database is refused', async (t) => {
    const elsewhere = await openTestDeps()
    t.after(() => elsewhere.close())
    await refusedUntouched(elsewhere.deps, [signedIn.refreshToken])
  })

  it('of a grant whose row was given to another client is refused', async (t) => {
    await rowsOf(
      deps,
      `insert into clients (id, name, type, created_at, updated_at)
       values ('app', 'App', 'public', signet_now(), signet_now()) on conflict do nothing`,
    )
    await rowsOf(deps, `update grants set client_id = 'app'`)
    const later = await at(t, 200)
    await refusedUntouched(later, [signedIn.refreshToken])
    const restarted = { ...later, knownGrants: openKnownGrants(later.masterSecret) }
    await refusedUntouched(restarted, [signedIn.refreshToken])
  })

  it('cannot be made from the row by who does not have the master secret', async (t) => {
    const { grantId = assert.fail(), generation } =
      parseRefreshToken(signedIn.refreshToken) ?? assert.fail()
    const [[wrapped] = []] = await rowsOf(deps, 'select wrapped_secret from grants')
    const subject = {
      issuer: deps.config.issuer,
      clientId: 'signet' as ClientId,
      grantId,
      generation,
    }
    const forged = [wrapped as Buffer, (wrapped as Buffer).subarray(17, 49), Buffer.alloc(32)]
    const tokens = forged.map((key) => deriveRefreshToken(createSecretKey(key), subject))
    await refusedUntouched(await at(t, 200), tokens)
  })
})

describe('the master secret', () => {
  it('changes, and no token changes with it', async (t) => {
    const { refreshToken: second } = await refresh(await at(t, 40), signedIn.refreshToken)
    const secrets = { current: secretOf('two').current, previous: secretOf('one').current }
    deps = withMasterSecret(secrets)
    assert.equal((await refresh(await at(t, 50), signedIn.refreshToken)).refreshToken, second)
    assert.equal(generationOf((await refresh(await at(t, 80), second)).refreshToken), 3)
    const after = await signInAs(deps, 'ada@example.com')
    assert.equal(generationOf((await refresh(await at(t, 80), after.refreshToken)).refreshToken), 2)
  })

  it('that an instance does not have yet, or not any more, costs nobody a session', async (t) => {
    const before = await everyGrant(deps)
    deps = withMasterSecret(secretOf('two'))
    const answer = refresh(await at(t, 200), signedIn.refreshToken)
    await assertRefused(answer, ErrorReason.UNAVAILABLE)
    assert.deepEqual(await everyGrant(deps), before)
    deps = withMasterSecret(secretOf('one'))
    assert.ok(await refresh(await at(t, 200), signedIn.refreshToken))
  })

  it('does not open secrets that were exchanged between rows', async (t) => {
    await signInAs(deps, 'ada@example.com')
    await rowsOf(
      deps,
      `update grants g set wrapped_secret = o.wrapped_secret from grants o where o.id <> g.id`,
    )
    const restarted = withMasterSecret(secretOf('one'))
    const later = { ...(await at(t, 200)), knownGrants: restarted.knownGrants }
    await assertRefused(refresh(later, signedIn.refreshToken), ErrorReason.UNAVAILABLE)
  })
})

describe('the memory of grants', () => {
  it('never holds more than it may, and works when it holds nothing', async (t) => {
    const small = openKnownGrants(deps.masterSecret, 2)
    const later = { ...(await at(t, 40)), knownGrants: small }
    const others = [signedIn]
    for (let i = 0; i < 3; i++) others.push(await signInAs(deps, 'ada@example.com'))
    for (const { refreshToken } of [...others, ...others]) {
      await refresh(later, refreshToken)
      assert.ok(small.count() <= 2)
    }
  })

  it('does not keep a grant alive whose row is gone', async (t) => {
    await refresh(deps, signedIn.refreshToken)
    await rowsOf(deps, 'delete from users')
    const answer = refresh(await at(t, 40), signedIn.refreshToken)
    await assertRefused(answer, ErrorReason.INVALID_GRANT)
  })
})
