import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { describe, it } from 'node:test'
import { readApiDocument } from './api-document.ts'
import { methodsOf } from './api-page.ts'
import { curlCommand, grpcCommand, type ReferenceMethod } from './calls.ts'

const methods = methodsOf(readApiDocument().document)

function methodNamed(name: string): ReferenceMethod {
  const method = methods.find((each) => each.name === name)
  assert.ok(method, name)
  return method
}

/** The arguments that a shell makes of a command. */
function argumentsOf(command: string): string[] {
  const [program = ''] = command.split(' ', 1)
  const script = `${program}() { for each in "$@"; do printf '%s\\0' "$each"; done; }\n${command}`
  const env = { ...process.env, ACCESS_TOKEN: 'token' }
  return execFileSync('sh', ['-c', script], { encoding: 'utf8', env }).split('\0').slice(0, -1)
}

describe('curl', () => {
  it('sends the example as a JSON body', () => {
    const method = methodNamed('AuthService.SignIn')
    const args = argumentsOf(curlCommand(method, 'https://id.example.com'))
    const body = JSON.parse(args[args.indexOf('-d') + 1] ?? '')
    assert.deepEqual(body, method.operation.requestBody?.content['application/json'].example)
    assert.ok(args.includes('Content-Type: application/json'))
    assert.equal(args.at(-1), 'https://id.example.com/api/v1/auth/sign-in')
    assert.ok(!args.some((each) => each.startsWith('Authorization')))
  })

  it('reads with a query and a token, without a body, and does not buffer a stream', () => {
    const args = argumentsOf(
      curlCommand(methodNamed('EventService.WatchEvents'), 'http://[::1]:8080'),
    )
    assert.deepEqual(args, [
      '-sSN',
      '-H',
      'Authorization: Bearer token',
      'http://[::1]:8080/api/v1/events/watch?since=41&untilNow=true',
    ])
  })

  it('fills the path, repeats lists, and quotes what a shell would read', () => {
    const base = methodNamed('UserService.GetMe')
    const parameter = { required: true, description: '', schema: {} }
    const method: ReferenceMethod = {
      ...base,
      verb: 'DELETE',
      path: '/api/v1/users/{userId}:close',
      operation: {
        ...base.operation,
        parameters: [
          { ...parameter, name: 'userId', in: 'path', example: 'a/b' },
          { ...parameter, name: 'filter.tags', in: 'query', example: ["it's", '$HOME'] },
        ],
      },
    }
    const args = argumentsOf(curlCommand(method, 'https://id.example.com'))
    assert.deepEqual(args.slice(0, 3), ['-sS', '-X', 'DELETE'])
    assert.equal(
      args.at(-1),
      "https://id.example.com/api/v1/users/a%2Fb:close?filter.tags=it's&filter.tags=%24HOME",
    )
    const grpc = argumentsOf(grpcCommand(method, 'https://id.example.com'))
    assert.deepEqual(JSON.parse(grpc[grpc.indexOf('-d') + 1] ?? ''), {
      userId: 'a/b',
      filter: { tags: ["it's", '$HOME'] },
    })
  })
})

describe('buf curl', () => {
  it('names the method, and speaks HTTP/2 without TLS only where the server does', () => {
    const method = methodNamed('AuthService.GetPasswordPolicy')
    const secure = argumentsOf(grpcCommand(method, 'https://id.example.com'))
    assert.deepEqual(secure, [
      'curl',
      '--protocol',
      'grpc',
      '-d',
      '{}',
      'https://id.example.com/signet.v1.AuthService/GetPasswordPolicy',
    ])
    const plain = argumentsOf(grpcCommand(method, 'http://localhost:8080'))
    assert.ok(plain.includes('--http2-prior-knowledge'))
  })
})
