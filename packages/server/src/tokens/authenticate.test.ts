import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { ErrorReason } from '@signet/contract'
import { openDatabase } from '../db/database.ts'
import type { ClientId, GrantId, SessionId, UserId } from '../ids.ts'
import type { UserCaller } from '../request-context.ts'
import type { SignedIn } from '../sign-in/sign-in.ts'
import { assertRefused, openTestUser, signInAs } from '../testing/accounts.ts'
import { openFileDeps, rowsOf, testContext } from '../testing/deps.ts'
import { apiAudience, issueAccessToken, verifyAccessToken } from './access-token.ts'
import type { UserTokenClaims } from './access-token-claims.ts'
import { authenticateBearer } from './authenticate.ts'

const test = await openFileDeps({ emptied: ['users'] })
const { deps } = test

let userId: UserId
let signedIn: SignedIn

beforeEach(async () => {
  userId = await openTestUser(deps, 'ada@example.com')
  signedIn = await signInAs(deps, 'ada@example.com')
})

function authenticate(token = signedIn.accessToken): Promise<UserCaller> {
  return authenticateBearer(deps, testContext(), token)
}

/** What an access token says. */
function claimsOf({ accessToken }: SignedIn): UserTokenClaims {
  return JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString())
}

/** The grant that an access token names. */
function grantOf(signedIn: SignedIn): GrantId {
  return claimsOf(signedIn).gid
}

/** A token that we signed, with claims as the caller likes them. */
function tokenFor(changes: {
  userId?: UserId
  grantId?: GrantId
  sessionId?: SessionId
  clientId?: ClientId
  scopes?: string[]
}): string {
  const { issuer } = deps.config
  const now = new Date()
  const input = {
    issuer,
    audience: apiAudience(issuer),
    userId,
    clientId: 'signet' as ClientId,
    grantId: grantOf(signedIn),
    sessionId: signedIn.sessionId,
    scopes: ['signet:api'],
    roles: ['user'],
    authTime: now,
    acr: 'aal1',
    amr: ['pwd'],
    rev: BigInt(claimsOf(signedIn).rev),
    lifetimeSeconds: 300,
    sessionExpiresAt: new Date(now.getTime() + 1e6),
    ...changes,
  }
  return issueAccessToken(deps.signingKeys.active('ES256'), input, now).accessToken
}

describe('authenticateBearer, alive', () => {
  it('says who calls, through which client, with what', async () => {
    const caller = await authenticate()
    const { issuer } = deps.config
    const expected = { now: new Date(), issuer, audience: apiAudience(issuer) }
    const claims = verifyAccessToken(deps.signingKeys, signedIn.accessToken, expected)
    assert.ok(claims.gid)
    assert.deepEqual(
      { ...caller, authTime: undefined },
      {
        kind: 'user',
        userId,
        sessionId: signedIn.sessionId,
        clientId: 'signet',
        firstParty: true,
        scopes: ['signet:api'],
        permissions: new Set(),
        authTime: undefined,
        expiresAt: new Date(claims.exp * 1000),
        token: {
          jti: claims.jti,
          gid: claims.gid,
          sid: signedIn.sessionId,
          sub: userId,
          client_id: 'signet',
          rev: claims.rev,
        },
      },
    )
    assert.equal(Math.floor(caller.authTime.getTime() / 1000), claims.auth_time)
  })

  it('leaves other sessions of the user alone when one ends', async () => {
    const other = await signInAs(deps, 'ada@example.com')
    const end = 'update sessions set ended_at = signet_now() where id = $1'
    await rowsOf(deps, end, [signedIn.sessionId])
    await assertRefused(authenticate(), ErrorReason.UNAUTHENTICATED)
    assert.ok(await authenticate(other.accessToken))
  })
})

describe('authenticateBearer, permissions', () => {
  const assign = (role: string, organizationId: string | null = null) =>
    rowsOf(
      deps,
      `insert into role_assignments (user_id, role_id, organization_id, created_at)
       select $1, id, $3, signet_now() from roles where name = $2`,
      [userId, role, organizationId],
    )
  const createRole = (name: string, permissions: string[]) =>
    rowsOf(
      deps,
      `insert into roles (id, name, permissions, created_at)
       values (gen_random_uuid(), $1, $2, signet_now()) on conflict do nothing`,
      [name, permissions],
    )

  it('are those of every role the user holds, at once and without a fresh token', async () => {
    await createRole('auditor', ['events.read'])
    await createRole('support', ['users.read', 'events.read'])
    await assign('auditor')
    await assign('support')
    const { permissions } = await authenticate()
    assert.deepEqual(permissions, new Set(['events.read', 'users.read']))
  })

  it('of the role "user" are everybody\'s', async () => {
    await rowsOf(deps, `update roles set permissions = '{profile.read}' where name = 'user'`)
    try {
      assert.deepEqual((await authenticate()).permissions, new Set(['profile.read']))
    } finally {
      await rowsOf(deps, `update roles set permissions = '{}' where name = 'user'`)
    }
  })

  it('of an administrator are all', async () => {
    await assign('administrator')
    assert.deepEqual((await authenticate()).permissions, new Set(['*']))
  })

  it('of an assignment within one organization do not reach everywhere', async () => {
    await assign('administrator', '019a0000-0000-7000-8000-00000000000a')
    assert.deepEqual((await authenticate()).permissions, new Set())
  })

  it('of a role that only bears the name "user" are not everybody\'s', async () => {
    await rowsOf(
      deps,
      `insert into roles (id, realm_id, name, permissions, created_at)
       values (gen_random_uuid(), 2, 'user', '{everything}', signet_now())`,
    )
    assert.deepEqual((await authenticate()).permissions, new Set())
  })
})

describe('authenticateBearer, dead', () => {
  const causes: Record<string, string> = {
    'the session was ended': 'update sessions set ended_at = signet_now()',
    'the session was not used for too long': 'update sessions set idle_expires_at = signet_now()',
    'the session is over': 'update sessions set expires_at = signet_now()',
    'the session is gone': 'delete from sessions',
    'the grant was ended': `update grants set ended_at = signet_now(), end_reason = 'test'`,
    'the grant is over': 'update grants set expires_at = signet_now()',
    'the grant is gone': 'delete from grants',
    'the user is suspended': `update users set status = 'suspended'`,
    'the user is deleted': `update users set status = 'deleted'`,
    'the user was cut': `select log_revocation('sub', id::text, 'test') from users for update`,
    'the client is disabled': `update clients set status = 'disabled'`,
    'the client was cut': `select log_revocation('client', id, 'test') from clients for update`,
    'everything was cut': 'update revocation_head set position = position + 1, cut = position + 1',
  }
  for (const [cause, statement] of Object.entries(causes)) {
    it(`refuses when ${cause}, although the token was accepted before`, async () => {
      assert.ok(await authenticate())
      await rowsOf(deps, statement)
      try {
        await assertRefused(authenticate(), ErrorReason.UNAUTHENTICATED)
      } finally {
        await rowsOf(deps, `update clients set status = 'active', cut = 0`)
        await rowsOf(deps, 'update revocation_head set cut = 0')
      }
    })
  }

  it("refuses another user's session, and a client that did not start it", async () => {
    const other = await openTestUser(deps, 'eve@example.com')
    await assertRefused(authenticate(tokenFor({ userId: other })), ErrorReason.UNAUTHENTICATED)
    const clientId = 'other' as ClientId
    await assertRefused(authenticate(tokenFor({ clientId })), ErrorReason.UNAUTHENTICATED)
    assert.ok(await authenticate(tokenFor({})))
  })

  it('refuses a grant of another session of the same user', async () => {
    const other = await signInAs(deps, 'ada@example.com')
    const mixed = tokenFor({ grantId: grantOf(other) })
    await assertRefused(authenticate(mixed), ErrorReason.UNAUTHENTICATED)
    assert.ok(await authenticate(tokenFor({})))
  })

  it("refuses another app without a scope of Signet's, and accepts it with one", async () => {
    await rowsOf(
      deps,
      `insert into clients (id, name, type, created_at, updated_at)
       values ('app', 'App', 'public', signet_now(), signet_now()) on conflict do nothing`,
    )
    await rowsOf(deps, `update sessions set client_id = 'app'`)
    await rowsOf(deps, `update grants set client_id = 'app'`)
    const clientId = 'app' as ClientId
    for (const scopes of [[], ['openid'], ['xsignet:api'], ['signet'], ['signet:']]) {
      const token = tokenFor({ clientId, scopes })
      await assertRefused(authenticate(token), ErrorReason.UNAUTHENTICATED)
    }
    const scopes = ['openid', 'signet:api']
    assert.deepEqual((await authenticate(tokenFor({ clientId, scopes }))).scopes, scopes)
  })

  it("gives another app of a role's permissions what its scopes name, and our own app all", async () => {
    await rowsOf(
      deps,
      `insert into clients (id, name, type, created_at, updated_at)
       values ('app', 'App', 'public', signet_now(), signet_now()) on conflict do nothing`,
    )
    const role = async (permissions: string) => {
      await rowsOf(deps, `delete from roles where name = 'scoped'`)
      await rowsOf(
        deps,
        `with r as (insert into roles (id, realm_id, name, permissions, created_at)
                    values (gen_random_uuid(), 1, 'scoped', $1, signet_now()) returning id)
         insert into role_assignments (user_id, role_id, created_at)
         select u.id, r.id, signet_now() from r, users u`,
        [permissions],
      )
    }
    await role('{users.read,users.write,events.read}')
    const all = ['events.read', 'users.read', 'users.write']
    assert.deepEqual([...(await authenticate()).permissions].sort(), all)

    await rowsOf(deps, `update sessions set client_id = 'app'`)
    await rowsOf(deps, `update grants set client_id = 'app'`)
    const permitted = async (...scopes: string[]) => {
      const token = tokenFor({ clientId: 'app' as ClientId, scopes })
      return [...(await authenticate(token)).permissions].sort()
    }
    assert.deepEqual(await permitted('signet:api'), [])
    assert.deepEqual(await permitted('signet:users.read', 'users.write'), ['users.read'])
    assert.deepEqual(await permitted('signet:users.delete', 'signet:users'), [])
    assert.deepEqual(await permitted('signet:*'), all)
    await role('{*}')
    assert.deepEqual(await permitted('signet:users.read'), ['users.read'])
    assert.deepEqual(await permitted('signet:*'), ['*'])
  })

  it('is unavailable, not unauthenticated, while the database is away', async () => {
    const address = { ...test.address, host: '127.0.0.1', port: 1 }
    const db = openDatabase({ address, poolSize: 1, prepared: true })
    const answer = authenticateBearer({ ...deps, db }, testContext(), signedIn.accessToken)
    await assertRefused(answer, ErrorReason.UNAVAILABLE)
    await db.end()
  })
})
