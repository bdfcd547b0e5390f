import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AuthService } from '@signet/contract'
import { Health, ServerReflection } from '@signet/contract/grpc'
import { implement, implementPublic } from './method.ts'

const handler = () => Promise.reject(new Error('not called'))

test('a method that states no access level stops the server at start', () => {
  const handlers = { check: handler, list: handler, watch: handler } as never
  assert.throws(
    () => implement(Health, handlers),
    /grpc\.health\.v1\.Health\.Check states no .*access/,
  )
  assert.equal(implementPublic(Health, handlers).length, 3)
})

test('a method that streams in both directions is refused: REST could not carry it', () => {
  const handlers = { serverReflectionInfo: handler } as never
  assert.throws(() => implementPublic(ServerReflection, handlers), /exist on every wire/)
})

test('methods carry the access level of the contract', () => {
  const methods = implement(AuthService, {
    signUp: handler,
    signIn: handler,
    validateCredentials: handler,
    getPasswordPolicy: handler,
    refreshTokens: handler,
    confirmRefresh: handler,
    signOut: handler,
    changePassword: handler,
  })
  const levels = Object.fromEntries(methods.map(({ name, who }) => [name, who.case]))
  assert.equal(levels['signet.v1.AuthService/SignIn'], 'public')
  assert.equal(levels['signet.v1.AuthService/ValidateCredentials'], 'user')
})
