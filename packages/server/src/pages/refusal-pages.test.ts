import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { fastify as openFastify } from 'fastify'
import { createTestDatabase } from '../testing/database.ts'
import { openFileDeps, withParts } from '../testing/deps.ts'
import { openPageVisitor } from '../testing/page-visitor.ts'
import { startTestService, type TestService } from '../testing/service.ts'
import { openFace } from './face.ts'
import { mountRefusalPages } from './refusal-pages.ts'

const { deps } = await openFileDeps({ emptied: [] })

let service: TestService
before(async () => {
  service = await startTestService(deps)
})
after(() => service.close())

const visitor = () => openPageVisitor(service.url)

describe('while the database is away', () => {
  it('every page is a page that says so, and a path where there is nothing is still none', async () => {
    const { db, drop } = await createTestDatabase()
    const cut = await startTestService(withParts(deps, { db }))
    try {
      await drop()
      const who = openPageVisitor(cut.url)
      for (const path of ['/sign-in', '/signed-in', '/sign-up', '/oauth2/authorize?client_id=x']) {
        const { status, title, html } = await who.open(path)
        assert.deepEqual([status, title], [503, 'That did not work'], path)
        assert.match(html, /Signet cannot do this right now/u)
      }
      assert.equal((await who.open('/nothing')).status, 404)
    } finally {
      await cut.close()
    }
  })
})

describe('a path where there is nothing', () => {
  it('is a page for a person and a problem document for a program', async () => {
    const seen = await visitor().open('/nothing')
    assert.deepEqual([seen.status, seen.title], [404, 'There is nothing here'])
    const reference = seen.headers.get('signet-reference') ?? 'no reference'
    assert.ok(seen.html.includes(`Reference ${reference}`))
    for (const path of [
      '//evil.example/x',
      '/\\\\evil.example',
      '/%2f%2fevil.example',
      '/javascript:x',
    ]) {
      const { status, html } = await visitor().open(path)
      assert.equal(status, 404, path)
      assert.doesNotMatch(html, /href="(?:\/\/|\/\\|javascript:)/u, path)
    }
    const asked = await fetch(`${service.url}/nothing`)
    assert.match(asked.headers.get('content-type') ?? '', /^application.problem.json/u)
    assert.equal(
      (await fetch(service.url, { redirect: 'manual' })).headers.get('location'),
      '/signed-in',
    )
  })
})

describe('whoever has to wait', () => {
  it('reads for how long, without a script too, and programs read Retry-After', async () => {
    const fastify = openFastify()
    const gate = { isSetUp: async () => true }
    mountRefusalPages(fastify, { deps, face: await openFace(deps), gate })
    const problem = { reason: 'RATE_LIMITED', status: 429, detail: '', retryAfterSeconds: 252 }
    fastify.get('/limited', (_request, reply) =>
      reply
        .code(429)
        .headers({ 'content-type': 'application/problem+json', 'retry-after': '252' })
        .send(JSON.stringify(problem)),
    )
    const headers = { accept: 'text/html' }
    const answer = await fastify.inject({ url: '/limited', headers })
    assert.deepEqual([answer.statusCode, answer.headers['retry-after']], [429, '252'])
    assert.match(answer.body, /Too many attempts\. Wait 5 minutes/u)
    assert.match(
      answer.body,
      /role="timer" data-countdown="252"[^>]*>You can try again in 4:12\.</u,
    )
  })
})
