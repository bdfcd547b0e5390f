import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { after, describe, it } from 'node:test'
import { gunzipSync } from 'node:zlib'
import Fastify from 'fastify'
import { reasonName, reasons, SignetError } from '../errors.ts'
import { createProblems } from '../wires/problem.ts'
import { mountReference } from './mount-reference.ts'

const issuer = 'https://id.example.com'
const fastify = Fastify()
mountReference(fastify, { issuer })
after(() => fastify.close())

const pages = ['/docs/api', '/docs/errors']

async function bodyOf(url: string): Promise<string> {
  return (await fastify.inject(url)).body
}

/** The values of an attribute in a page. */
function valuesOf(page: string, attribute: string): string[] {
  return [...page.matchAll(new RegExp(` ${attribute}="([^"]*)"`, 'g'))].map(
    ([, value]) => value ?? '',
  )
}

describe('what is sent', () => {
  it('serves the committed document as it is', async () => {
    const answer = await fastify.inject('/openapi.json')
    assert.equal(answer.statusCode, 200)
    assert.equal(answer.headers['content-type'], 'application/json; charset=utf-8')
    assert.equal(answer.body, readFileSync(new URL('./gen/openapi.json', import.meta.url), 'utf8'))
  })

  for (const url of pages) {
    it(`lets ${url} run nothing and load nothing but its own stylesheet`, async () => {
      const { headers, body } = await fastify.inject(url)
      assert.equal(headers['content-type'], 'text/html; charset=utf-8')
      const styles = [...body.matchAll(/<style>([\s\S]*?)<\/style>/g)].map(([, css]) => css ?? '')
      assert.equal(styles.length, 1)
      const hash = createHash('sha256')
        .update(styles[0] ?? '')
        .digest('base64')
      assert.equal(
        headers['content-security-policy'],
        `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      )
      assert.equal(headers['x-content-type-options'], 'nosniff')
      assert.doesNotMatch(body, /<(?:script|img|link|iframe|object)\b| style=| on[a-z]+=/i)
    })
  }

  for (const url of [...pages, '/openapi.json']) {
    it(`answers 304 for a ${url} that the caller already has, in the same coding`, async () => {
      const plain = await fastify.inject(url)
      const etag = String(plain.headers.etag)
      const again = await fastify.inject({ url, headers: { 'if-none-match': etag } })
      assert.equal(again.statusCode, 304)
      assert.equal(again.body, '')
      const other = await fastify.inject({
        url,
        headers: { 'if-none-match': etag, 'accept-encoding': 'gzip' },
      })
      assert.equal(other.statusCode, 200)
    })

    it(`compresses ${url} for those who accept it, and for nobody else`, async () => {
      const plain = await fastify.inject(url)
      assert.equal(plain.headers['content-encoding'], undefined)
      for (const accepted of ['gzip', 'br, gzip;q=0.5', 'GZIP']) {
        const answer = await fastify.inject({ url, headers: { 'accept-encoding': accepted } })
        assert.equal(answer.headers['content-encoding'], 'gzip', accepted)
        assert.equal(answer.headers.vary, 'accept-encoding')
        assert.equal(gunzipSync(answer.rawPayload).toString(), plain.body)
      }
      for (const refused of ['gzip;q=0', 'gzip; q=0.0', 'br', 'x-gzip-like']) {
        const answer = await fastify.inject({ url, headers: { 'accept-encoding': refused } })
        assert.equal(answer.headers['content-encoding'], undefined, refused)
      }
    })
  }

  it('escapes an issuer that carries markup', async () => {
    const other = Fastify()
    mountReference(other, { issuer: 'https://id.example.com/"><script>' })
    const { body } = await other.inject('/docs/api')
    assert.doesNotMatch(body, /<script/)
    assert.match(body, /https:\/\/id\.example\.com\/&quot;&gt;&lt;script&gt;/)
    await other.close()
  })
})

describe('links', () => {
  it('all lead to something that exists', async () => {
    const bodies = new Map<string, string>()
    for (const url of pages) bodies.set(url, await bodyOf(url))
    bodies.set('/openapi.json', '')
    for (const url of pages) {
      for (const link of valuesOf(bodies.get(url) ?? '', 'href')) {
        const [path = '', anchor] = link.split('#')
        const target = bodies.get(path === '' ? url : path)
        assert.notEqual(target, undefined, `${url}: ${link}`)
        if (anchor !== undefined)
          assert.ok(valuesOf(target ?? '', 'id').includes(anchor), `${url}: ${link}`)
      }
    }
  })

  it('carry each anchor once', async () => {
    for (const url of pages) {
      const ids = valuesOf(await bodyOf(url), 'id')
      assert.deepEqual(ids, [...new Set(ids)])
    }
  })

  it('take the type of every problem document to its explanation', async () => {
    const ids = valuesOf(await bodyOf('/docs/errors'), 'id')
    const problemOf = createProblems(issuer)
    for (const number of Object.keys(reasons)) {
      const reason = Number(number) as keyof typeof reasons
      const { type } = problemOf(new SignetError(reason), 'AAAA-BBBB-CCCC')
      assert.ok(type.startsWith(`${issuer}/docs/errors#`))
      assert.ok(ids.includes(type.slice(type.indexOf('#') + 1)), reasonName(reason))
    }
  })
})

describe('content', () => {
  it('shows every method with its access level, path and RPC name', async () => {
    const body = await bodyOf('/docs/api')
    const document = JSON.parse(await bodyOf('/openapi.json'))
    for (const [path, verbs] of Object.entries<Record<string, Record<string, never>>>(
      document.paths,
    )) {
      for (const [verb, operation] of Object.entries(verbs)) {
        const { level, permission } = operation['x-signet-access'] as never
        assert.ok(body.includes(`<b>${verb.toUpperCase()}</b> ${path}<`), path)
        assert.ok(body.includes(`<code>${operation['x-signet-rpc']}</code>`))
        assert.ok(body.includes(`<span class="access ${level}">`))
        if (permission !== undefined) assert.ok(body.includes(`permission ${permission}</span>`))
      }
    }
  })

  it('explains every reason with its four looks', async () => {
    const body = await bodyOf('/docs/errors')
    assert.match(
      body,
      /id="invalid-credentials"[\s\S]*?never said which\.[\s\S]*?don&#39;t match[\s\S]*?<td>401<\/td><td>Unauthenticated<\/td><td><code>invalid_grant<\/code>[\s\S]*?AuthService\.SignIn/,
    )
  })
})
