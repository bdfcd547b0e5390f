import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ErrorReason } from '@signet/contract'
import { SignetError } from '../errors.ts'
import { createTracing } from './tracing.ts'

interface OtlpSpan {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  attributes: { key: string; value: { stringValue?: string } }[]
  status: { code?: number; message?: string }
}

/** A collector that keeps what it is sent. */
async function startCollector(t: TestContext) {
  const spans: OtlpSpan[] = []
  const paths = new Set<string>()
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    paths.add(request.url ?? '')
    const body = JSON.parse(Buffer.concat(chunks).toString())
    for (const { scopeSpans } of body.resourceSpans)
      for (const scope of scopeSpans) spans.push(...scope.spans)
    response.setHeader('content-type', 'application/json').end('{}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  return { endpoint: `http://127.0.0.1:${port}`, spans, paths }
}

const call = {
  method: 'signet.v1.AuthService/SignIn',
  wire: 'grpc' as const,
  reference: '7K3Q-90XD-2M1B',
}

function attributesOf(span: OtlpSpan | undefined) {
  return Object.fromEntries(
    span?.attributes.map(({ key, value }) => [key, value.stringValue]) ?? [],
  )
}

test('call, query and hash arrive as one trace, below the caller', async (t) => {
  const { endpoint, spans, paths } = await startCollector(t)
  const tracing = await createTracing({ otlpEndpoint: `${endpoint}/` })
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const result = await tracing.traceCall({ ...call, traceparent }, async () => {
    await Promise.all([
      tracing.traceQuery('users.findUser', async () => 1),
      tracing.traceStep('password.verify', async () => 2),
    ])
    return 'done'
  })
  assert.equal(result, 'done')
  await tracing.shutdown()

  assert.deepEqual([...paths], ['/v1/traces'])
  const byName = new Map(spans.map((span) => [span.name, span]))
  assert.equal(spans.length, 3)
  const parent = byName.get(call.method)
  assert.equal(parent?.parentSpanId, 'b7ad6b7169203331')
  assert.equal(parent?.kind, 2)
  assert.deepEqual(attributesOf(parent), {
    'rpc.system.name': 'grpc',
    'rpc.service': 'signet.v1.AuthService',
    'rpc.method': 'SignIn',
    'signet.reference': '7K3Q-90XD-2M1B',
  })
  for (const name of ['users.findUser', 'password.verify']) {
    assert.equal(byName.get(name)?.traceId, '0af7651916cd43dd8448eb211c80319c')
    assert.equal(byName.get(name)?.parentSpanId, parent?.spanId)
  }
})

test('a failure has the name of its reason and no word of its message', async (t) => {
  const { endpoint, spans } = await startCollector(t)
  const tracing = await createTracing({ otlpEndpoint: endpoint })
  const refusal = new SignetError(ErrorReason.INVALID_CREDENTIALS, { detail: 'CANARY' })
  const fault = new TypeError('CANARY')
  for (const error of [refusal, fault])
    await assert.rejects(
      tracing.traceCall(call, () => Promise.reject(error)),
      error,
    )
  await tracing.shutdown()
  assert.deepEqual(
    spans.map((span) => [attributesOf(span)['error.type'], span.status.code ?? 0]),
    [
      ['INVALID_CREDENTIALS', 0],
      ['TypeError', 2],
    ],
  )
  assert.ok(!JSON.stringify(spans).includes('CANARY'))
})

test('a malformed traceparent starts a trace; one that is not sampled is kept silent', async (t) => {
  const { endpoint, spans } = await startCollector(t)
  const tracing = await createTracing({ otlpEndpoint: endpoint })
  const run = async () => 1
  const traceparents = [
    'x',
    '',
    '00-00000000000000000000000000000000-b7ad6b7169203331-01',
    `00-${'a'.repeat(10_000)}`,
  ]
  for (const traceparent of traceparents) await tracing.traceCall({ ...call, traceparent }, run)
  const silent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00'
  await tracing.traceCall({ ...call, traceparent: silent }, run)
  await tracing.shutdown()
  assert.equal(spans.length, traceparents.length)
  assert.ok(spans.every((span) => !span.parentSpanId))
})

test('two processes of spans in one process do not mix, and calls at once keep their own', async (t) => {
  const [one, other] = [await startCollector(t), await startCollector(t)]
  const tracings = await Promise.all(
    [one, other].map(({ endpoint }) => createTracing({ otlpEndpoint: endpoint })),
  )
  await Promise.all(
    tracings.flatMap((tracing, n) =>
      Array.from({ length: 10 }, (_, i) =>
        tracing.traceCall({ ...call, reference: `${n}-${i}` }, () =>
          tracing.traceQuery(`${n}`, () => new Promise((resolve) => setImmediate(resolve))),
        ),
      ),
    ),
  )
  await Promise.all(tracings.map((tracing) => tracing.shutdown()))
  for (const [n, { spans }] of [one, other].entries()) {
    const queries = spans.filter((span) => span.name === `${n}`)
    assert.equal(spans.length, 20)
    assert.equal(new Set(queries.map((span) => span.parentSpanId)).size, 10)
  }
})

test('a collector that is away costs spans and nothing else', async (t) => {
  const { endpoint } = await startCollector(t)
  const away = endpoint.replace(/:\d+$/, ':1')
  const tracing = await createTracing({ otlpEndpoint: away })
  assert.equal(await tracing.traceCall(call, async () => 'served'), 'served')
  await tracing.shutdown()
})

test('without an endpoint nothing of the SDK is loaded', () => {
  const loaded = (endpoint: string) => {
    const script = `
      import { registerHooks } from 'node:module'
      const seen = new Set()
      registerHooks({ load(url, context, next) { seen.add(url); return next(url, context) } })
      const { createTracing } = await import(${JSON.stringify(join(import.meta.dirname, 'tracing.ts'))})
      const tracing = await createTracing(${endpoint})
      await tracing.traceCall({ method: 'a/b', wire: 'rest', reference: '' }, async () => 1)
      const packages = [...seen].map((url) => /node_modules\\/(@opentelemetry\\/[^/]+)/.exec(url)?.[1])
      process.stdout.write(JSON.stringify([...new Set(packages.filter(Boolean))].sort()))
      process.exit()`
    const args = ['--input-type=module', '-e', script]
    return JSON.parse(execFileSync(process.execPath, args).toString())
  }
  assert.deepEqual(loaded('{}'), ['@opentelemetry/api'])
  assert.ok(loaded("{ otlpEndpoint: 'http://127.0.0.1:1' }").includes('@opentelemetry/sdk-trace'))
})
