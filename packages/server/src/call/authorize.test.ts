import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { reasonName, SignetError } from '../errors.ts'
import type { Caller, UserCaller } from '../request-context.ts'
import { authorize, needsToken } from './authorize.ts'
import type { Who } from './method.ts'

const now = new Date('2026-01-01T12:00:00Z')
const anonymous: Caller = { kind: 'anonymous' }

function user(permissions: string[], ageSeconds = 0): UserCaller {
  return {
    kind: 'user',
    permissions: new Set(permissions),
    authTime: new Date(now.getTime() - ageSeconds * 1000),
  } as unknown as UserCaller
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
    [permission, anonymous, 'UNAUTHENTICATED'],
    [permission, user([]), 'PERMISSION_DENIED'],
    [permission, user(['users.read', 'users', 'users.*', 'users.write.all']), 'PERMISSION_DENIED'],
    [permission, user(['users.write']), 'ok'],
    [permission, user(['*']), 'ok'],
  ]
  for (const [who, caller, expected] of table) {
    const holder = caller.kind === 'user' ? [...caller.permissions].join() || 'a user' : 'nobody'
    test(`${who.case} for ${holder}: ${expected}`, () => {
      assert.equal(verdict(who, caller), expected)
    })
  }

  test('only a public method goes without a token', () => {
    const wanting = [isPublic, isUser, recent, client, permission].filter(needsToken)
    assert.deepEqual(wanting, [isUser, recent, client, permission])
  })
})
