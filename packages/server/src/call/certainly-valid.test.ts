import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, type DescMessage } from '@bufbuild/protobuf'
import { createValidator } from '@bufbuild/protovalidate'
import {
  AuthService,
  EventService,
  type GetPasswordPolicyRequest,
  GetPasswordPolicyRequestSchema,
  SignInRequestSchema,
  SignUpRequestSchema,
  UserService,
} from '@signet/contract'
import { compileCertainlyValid } from './certainly-valid.ts'

const signIn = { identifier: 'ada@example.com', password: 'lantern orbit velvet 42' }

test('an ordinary sign-in is certainly valid, with a device and without', () => {
  const isCertain = compileCertainlyValid(SignInRequestSchema)
  const device = { installationId: '7d0c', model: 'Pixel 11', os: 'Android 18', app: '' }
  assert.ok(isCertain(create(SignInRequestSchema, signIn)))
  assert.ok(isCertain(create(SignInRequestSchema, { ...signIn, device })))
})

test('a message without rules is certainly valid', () => {
  const message: GetPasswordPolicyRequest = create(GetPasswordPolicyRequestSchema)
  assert.ok(compileCertainlyValid(GetPasswordPolicyRequestSchema)(message))
})

test('a type with a rule other than lengths is never certain', () => {
  const isCertain = compileCertainlyValid(SignUpRequestSchema)
  const { identifier: email, password } = signIn
  assert.ok(!isCertain(create(SignUpRequestSchema, { email, password, locale: 'en' })))
})

/** Texts at and around each length, in characters of one unit and of two. */
function textsAround(lengths: readonly number[]): string[] {
  const around = lengths.flatMap((length) => [length - 1, length, length + 1])
  return around
    .filter((length) => length >= 0)
    .flatMap((length) => [
      'x'.repeat(length),
      '🜂'.repeat(length),
      `${'🜂'.repeat(length >> 1)}${'x'.repeat(length - (length >> 1))}`,
    ])
}

test('what is certain is valid, whatever the lengths', () => {
  const texts = textsAround([0, 1, 3, 50, 100, 127, 254, 508, 1024, 2048])
  for (const desc of everyInput()) {
    const strings = desc.fields
      .filter(({ scalar }) => scalar === 9)
      .map(({ localName }) => localName)
    for (const name of strings)
      for (const text of texts) agree(desc, { ...fullInput(strings), [name]: text })
  }
  for (const name of ['installationId', 'model', 'os', 'app'])
    for (const text of texts) agree(SignInRequestSchema, { ...signIn, device: { [name]: text } })
})

const validator = createValidator()

function agree(desc: DescMessage, init: Record<string, unknown>): void {
  const message = create(desc, init as never)
  if (!compileCertainlyValid(desc)(message)) return
  const { kind } = validator.validate(desc, message)
  assert.equal(kind, 'valid', `${desc.name}: ${JSON.stringify(init).slice(0, 200)}`)
}

function everyInput(): DescMessage[] {
  const services = [AuthService, UserService, EventService]
  return services.flatMap(({ methods }) => methods.map(({ input }) => input))
}

function fullInput(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, 'x'.repeat(10)]))
}
