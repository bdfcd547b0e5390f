import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { reasonName, SignetError } from '../errors.ts'
import type { Caller, ClientCaller, UserCaller } from '../request-context.ts'
import { admitCredentials, authorize, needsCredentials } from './authorize.ts'
import type { Who } from './method.ts'

const now = new Date('2026-01-01T12:00:00Z')
const anonymous: Caller = { kind: 'anonymous' }

function user(permissions: string[], ageSeconds = 0): UserCaller {
  return {
    kind: 'user',
    firstParty: true,
    scopes: [],
    permissions: new Set(permissions),
    authTime: new Date(now.getTime() - ageSeconds * 1000),
  } as unknown as UserCaller
}

/** A user through an app of somebody else. */
function through(...scopes: string[]): UserCaller {
  return { ...user(['users.write']), firstParty: false, scopes }
}

function service(...permissions: string[]): ClientCaller {
  return { kind: 'client', permissions: new Set(permissions) } as unknown as ClientCaller
}

function verdict(who: Who, caller: Caller): string {
  try {
    authorize(who, caller, now)
    return 'ok'
  } catch (error) {
    return error instanceof SignetError ? reasonName(error.reason) : String(error)
  }
}

describe('authorize', () => {
  const isPublic: Who = { case: 'public', value: true }
  const isUser: Who = { case: 'user', value: true }
  const recent: Who = { case: 'recent', value: true }
  const userLevels: readonly Who[] = [isUser, recent]
  const client: Who = { case: 'client', value: true }
  const permission: Who = { case: 'permission', value: 'users.write' }

  const table: [who: Who, caller: Caller, expected: string][] = [
    [isPublic, anonymous, 'ok'],
    [isPublic, user([]), 'ok'],
    [isUser, anonymous, 'UNAUTHENTICATED'],
    [isUser, user([], 86_400), 'ok'],
    [recent, anonymous, 'UNAUTHENTICATED'],
    [recent, user([], 300), 'ok'],
    [recent, user([], 301), 'RECENT_AUTHENTICATION_REQUIRED'],
    [recent, user(['*'], 301), 'RECENT_AUTHENTICATION_REQUIRED'],
    [client, anonymous, 'UNAUTHENTICATED'],
    [client, user(['*']), 'UNAUTHENTICATED'],
    [client, service(), 'ok'],
    [isPublic, service(), 'ok'],
    [isUser, service('users.write'), 'UNAUTHENTICATED'],
    [recent, service('users.write'), 'UNAUTHENTICATED'],
    [permission, service('users.write'), 'ok'],
    [permission, service(), 'PERMISSION_DENIED'],
    [permission, service('users.read', 'users'), 'PERMISSION_DENIED'],
    // The database refuses such a record; were there one, it would grant nothing.
    [permission, service('*'), 'PERMISSION_DENIED'],
    [permission, anonymous, 'UNAUTHENTICATED'],
    // At the command line alone; whatever took a call for one would be wrong.
    [permission, { kind: 'operator' }, 'UNAUTHENTICATED'],
    [permission, user([]), 'PERMISSION_DENIED'],
    [permission, user(['users.read', 'users', 'users.*', 'users.write.all']), 'PERMISSION_DENIED'],
    [permission, user(['users.write']), 'ok'],
    [permission, user(['*']), 'ok'],
  ]
  for (const [who, caller, expected] of table) {
    const may =
      'permissions' in caller ? ` who may ${[...caller.permissions].join() || 'nothing'}` : ''
    const holder = `${caller.kind}${may}`
    test(`${who.case} for ${holder}: ${expected}`, () => {
      assert.equal(verdict(who, caller), expected)
    })
  }

  test('an app of somebody else manages the account only with a scope that names it', () => {
    for (const scopes of [
      [],
      ['openid', 'signet:api', 'signet:users.write'],
      [
        'signet:',
        'xsignet:account',
        'signet:accounts',
        'SIGNET:ACCOUNT',
        'signet:account signet:*',
      ],
    ]) {
      for (const who of userLevels)
        assert.equal(verdict(who, through(...scopes)), 'PERMISSION_DENIED', scopes.join())
      assert.equal(verdict(permission, through(...scopes)), 'ok')
    }
    for (const scope of ['signet:account', 'signet:*'])
      for (const who of userLevels) assert.equal(verdict(who, through('openid', scope)), 'ok')
    assert.equal(verdict(isPublic, through()), 'ok')
    assert.equal(verdict(client, through('signet:*')), 'UNAUTHENTICATED')
  })

  test('only a public method goes without credentials', () => {
    const wanting = [isPublic, isUser, recent, client, permission].filter(needsCredentials)
    assert.deepEqual(wanting, [isUser, recent, client, permission])
  })

  test('credentials that a level does not admit are not even verified', () => {
    const bearer = { scheme: 'bearer', token: 'x' } as const
    const basic = { scheme: 'basic', clientId: 'ledger', clientSecret: 'x' } as const
    const admitted = (who: Who) =>
      [bearer, basic].filter((credentials) => {
        try {
          return admitCredentials(who, credentials) === credentials
        } catch {
          return false
        }
      })
    assert.deepEqual(admitted(isUser), [bearer])
    assert.deepEqual(admitted(recent), [bearer])
    assert.deepEqual(admitted(client), [basic])
    assert.deepEqual(admitted(permission), [bearer, basic])
  })

  test('each is asked for what its level admits; no browser is asked for a password', () => {
    const challengeOf = (who: Who) => {
      try {
        return admitCredentials(who, undefined)
      } catch (error) {
        return (error as SignetError).challenge
      }
    }
    assert.equal(challengeOf(client), 'basic')
    for (const who of [isUser, recent, permission]) assert.equal(challengeOf(who), undefined)
  })
})
