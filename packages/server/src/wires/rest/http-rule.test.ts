/**
 * HTTP rules that the contract may use one day: fields in the path and the query, a field as the body, more than one
 * binding, verbs of one's own. The service is made up here, and served over real sockets.
 */

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  create,
  createFileRegistry,
  type DescService,
  fromJson,
  type JsonObject,
  type JsonValue,
  setExtension,
} from '@bufbuild/protobuf'
import {
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  MethodDescriptorProtoSchema,
  MethodOptionsSchema,
  ServiceDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt'
import { type HttpRule, http } from '@signet/contract/options'
import { type Handlers, implementPublic, type Method } from '../../call/method.ts'
import { request } from '../testing/raw-http.ts'
import { startTestListener, type TestListener } from '../testing/test-listener.ts'

const label = { repeated: 'LABEL_REPEATED', one: 'LABEL_OPTIONAL' }

function field(number: number, name: string, type: string, more: JsonObject = {}): JsonObject {
  const jsonName = name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())
  return { name, jsonName, number, type: `TYPE_${type}`, label: label.one, ...more }
}

const messages = [
  {
    name: 'Box',
    field: [
      field(1, 'name', 'STRING'),
      field(2, 'box_size', 'INT32'),
      field(3, 'open', 'BOOL'),
      field(4, 'tags', 'STRING', { label: label.repeated }),
      field(5, 'flags', 'BOOL', { label: label.repeated }),
      field(6, 'color', 'ENUM', { typeName: '.test.Color' }),
      field(7, 'inner', 'MESSAGE', { typeName: '.test.Box' }),
      field(8, 'raw', 'BYTES'),
      field(9, 'weight', 'DOUBLE'),
      field(10, 'inners', 'MESSAGE', { typeName: '.test.Box', label: label.repeated }),
    ],
  },
]

/** A service with one method for each rule; every method answers its input. */
function serviceWith(rules: Record<string, JsonValue>): DescService {
  const method = Object.entries(rules).map(([name, rule]) => {
    const options = create(MethodOptionsSchema)
    if (http.message === undefined) throw new Error('google.api.http holds no message')
    setExtension(options, http, fromJson(http.message, rule) as HttpRule)
    return create(MethodDescriptorProtoSchema, {
      name,
      inputType: '.test.Box',
      outputType: '.test.Box',
      options,
    })
  })
  const file = fromJson(FileDescriptorProtoSchema, {
    name: 'test.proto',
    package: 'test',
    syntax: 'proto3',
    messageType: messages,
    enumType: [
      {
        name: 'Color',
        value: [
          { name: 'COLOR_UNSPECIFIED', number: 0 },
          { name: 'COLOR_RED', number: 1 },
        ],
      },
    ],
  })
  const proto = create(FileDescriptorProtoSchema, {
    ...file,
    service: [create(ServiceDescriptorProtoSchema, { name: 'BoxService', method })],
  })
  const service = createFileRegistry(create(FileDescriptorSetSchema, { file: [proto] })).getService(
    'test.BoxService',
  )
  assert.ok(service)
  return service
}

async function serve(rules: Record<string, JsonValue>): Promise<TestListener> {
  const service = serviceWith(rules)
  const echo = service.methods.map(({ localName }) => [
    localName,
    async (_deps: unknown, _ctx: unknown, input: object) => input,
  ])
  const methods: Method[] = implementPublic(
    service,
    Object.fromEntries(echo) as Handlers<DescService>,
  )
  return startTestListener({ app: { methods } })
}

const json = { 'content-type': 'application/json' }

describe('a rule', () => {
  let listener: TestListener
  before(async () => {
    listener = await serve({
      Get: {
        get: '/boxes/{name}',
        additionalBindings: [{ get: '/inner/{inner.name}/boxes/{name}' }],
      },
      Seal: { post: '/boxes/{name}:seal', body: '*' },
      Update: { patch: '/boxes/{inner.name}', body: 'inner' },
      List: { get: '/boxes' },
      Delete: { delete: '/boxes/{name}' },
    })
  })
  after(() => listener.close(0))

  /** The fields that the handler saw set, by the answer that echoes them. */
  async function seen(line: string, body?: string): Promise<JsonValue> {
    const answer = await request(listener.port, line, body === undefined ? {} : json, body ?? '')
    const box = JSON.parse(answer.body)
    if (answer.status !== 200)
      return `${answer.status} ${box.violations?.[0]?.field} ${box.violations?.[0]?.rule}`
    return withoutZeros(box)
  }

  const accepted: [line: string, body: string | undefined, expected: JsonValue][] = [
    ['GET /boxes/a', undefined, { name: 'a' }],
    ['GET /boxes/a%2Fb%20%C3%BC+', undefined, { name: 'a/b ü+' }],
    ['GET /boxes/a:b', undefined, { name: 'a:b' }],
    ['GET /inner/x/boxes/y', undefined, { name: 'y', inner: { name: 'x' } }],
    ['GET /boxes/a?box_size=5&open=true', undefined, { name: 'a', boxSize: 5, open: true }],
    ['GET /boxes/a?boxSize=-5&open=false', undefined, { name: 'a', boxSize: -5 }],
    [
      'GET /boxes?tags=a&tags=b+c&flags=true&flags=false',
      undefined,
      { tags: ['a', 'b c'], flags: [true, false] },
    ],
    [
      'GET /boxes?inner.name=x&inner.inner.box_size=1',
      undefined,
      { inner: { name: 'x', inner: { boxSize: 1 } } },
    ],
    [
      'GET /boxes?color=COLOR_RED&weight=1.5&raw=AP8=',
      undefined,
      { color: 'COLOR_RED', weight: 1.5, raw: 'AP8=' },
    ],
    ['POST /boxes/a:seal', '{"open":true}', { name: 'a', open: true }],
    ['POST /boxes/a:seal', '{"name":"b"}', { name: 'a' }],
    ['POST /boxes/a%3Aseal:seal', '{}', { name: 'a:seal' }],
    ['PATCH /boxes/a', '{"open":true}', { inner: { open: true, name: 'a' } }],
    ['PATCH /boxes/a?name=outer', '{}', { inner: { name: 'a' }, name: 'outer' }],
    ['DELETE /boxes/a', undefined, { name: 'a' }],
  ]
  for (const [line, body, expected] of accepted)
    test(`${line} ${body ?? ''}`, async () => {
      assert.deepEqual(await seen(line, body), expected)
    })

  const refused: [line: string, body: string | undefined, expected: string][] = [
    ['GET /boxes/a?name=b', undefined, '400 name unknown_field'],
    ['GET /boxes?boxSize=x', undefined, '400 boxSize wrong_type'],
    ['GET /boxes?boxSize=1.5', undefined, '400 boxSize wrong_type'],
    ['GET /boxes?boxSize=3000000000', undefined, '400 boxSize wrong_type'],
    ['GET /boxes?color=RED', undefined, '400 color wrong_type'],
    ['GET /boxes?flags=1', undefined, '400 flags wrong_type'],
    ['GET /boxes?inner=x', undefined, '400 inner unknown_field'],
    ['GET /boxes?inners=x', undefined, '400 inners unknown_field'],
    ['GET /boxes?inner.name=a&inner.name=b', undefined, '400 inner.name duplicate_field'],
    ['GET /boxes?inner.nope=a', undefined, '400 inner.nope unknown_field'],
    ['GET /boxes?inner..name=a', undefined, '400 inner..name unknown_field'],
    ['PATCH /boxes/a?inner.open=true', '{}', '400 inner.open unknown_field'],
    ['PATCH /boxes/a', '{"inners":[{"nope":1}]}', '400 nope unknown_field'],
    ['PATCH /boxes/a', '[]', '400  malformed'],
    ['POST /boxes/a:seal', '{"color":"RED"}', '400 color wrong_type'],
    ['POST /boxes/a:seal', '{"inner":{"color":[]}}', '400 color wrong_type'],
    ['POST /boxes/a:seal', '{"inner":[]}', '400  malformed'],
    // The path without its verb is a box of that name, which GET knows.
    ['POST /boxes/a:open', '{}', '405 undefined undefined'],
    ['POST /boxes/:seal', '{}', '405 undefined undefined'],
    ['GET /boxes/', undefined, '404 undefined undefined'],
  ]
  for (const [line, body, expected] of refused)
    test(`${line} ${body ?? ''} is refused`, async () => {
      assert.equal(await seen(line, body), expected)
    })
})

test('a path knows its HTTP methods, whatever its parameters look like', async () => {
  const listener = await serve({
    Seal: { post: '/boxes/{name}:seal', body: '*' },
    Get: { get: '/v1.0/boxes/{name}/lid' },
  })
  const [seal, get] = await Promise.all([
    request(listener.port, 'PUT /boxes/a:seal'),
    request(listener.port, 'PUT /v1.0/boxes/a/lid'),
  ])
  assert.deepEqual([seal.status, seal.headers.allow], [405, 'POST'])
  assert.deepEqual([get.status, get.headers.allow], [405, 'GET, HEAD'])
  for (const path of ['/boxes/a', '/boxes/a:open', '/v1x0/boxes/a/lid', '/v1.0/boxes/a/b/lid'])
    assert.equal((await request(listener.port, `PUT ${path}`)).status, 404, path)
  await listener.close(0)
})

test('a rule that does not fit stops the server at start', async () => {
  const wrong: [rules: Record<string, JsonValue>, error: RegExp][] = [
    [{ A: { get: '/a/{nope}' } }, /no field nope/],
    [{ A: { get: '/a/{name=shelves/*}' } }, /no field/],
    [{ A: { post: '/a', body: 'nope' } }, /body is nope/],
    [{ A: { post: '/a', body: 'name' } }, /body is name/],
    [{ A: { get: '/a' }, B: { get: '/a' } }, /already declared/],
    [{ A: { get: '/{name}' }, B: { get: '/{inner.name}' } }, /already declared/],
  ]
  for (const [rules, error] of wrong) await assert.rejects(serve(rules), error)
})

/** Proto3 JSON writes zero values; what was not sent is one. */
function withoutZeros(value: JsonValue): JsonValue {
  if (Array.isArray(value) || typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
    .filter(
      ([, each]) => each !== '' && each !== 0 && each !== false && each !== 'COLOR_UNSPECIFIED',
    )
    .filter(([, each]) => !(Array.isArray(each) && each.length === 0))
    .map(([name, each]) => [name, withoutZeros(each)])
  return Object.fromEntries(entries)
}
