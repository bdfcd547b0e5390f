import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isRedirectUri, isRegisteredRedirectUri } from './redirect-uri.ts'

describe('an address that may be registered', () => {
  const good = [
    'https://app.example/callback',
    'https://app.example',
    'https://app.example/?tenant=1',
    'https://app.example:8443/cb',
    'http://127.0.0.1/cb',
    'http://127.0.0.1:5173/cb',
    'http://[::1]:1/cb',
    'http://localhost:3000/cb',
  ]
  for (const uri of good)
    it(`is ${uri}`, () => assert.equal(isRedirectUri(uri, { isPublic: false }), true))

  it('is a scheme of its own, for a public client alone', () => {
    const uri = 'com.example.app:/callback'
    assert.equal(isRedirectUri(uri, { isPublic: true }), true)
    assert.equal(isRedirectUri(uri, { isPublic: false }), false)
  })

  const bad = [
    '',
    'app',
    '/callback',
    '//app.example/cb',
    'http://app.example/cb',
    'http://127.0.0.1.evil.example/cb',
    'http://localhost.evil.example/cb',
    'https://app.example/cb#x',
    'https://app.example/cb#',
    'https://user@app.example/cb',
    'https://user:secret@app.example/cb',
    'https://app.example@evil.example/cb',
    'https://*.example/cb',
    'https://app.example/*',
    'https://app.example/a/../cb',
    'https://app.example/./cb',
    'https://APP.example/cb',
    'HTTPS://app.example/cb',
    'https://app.example:443/cb',
    'https:/app.example/cb',
    'https:app.example/cb',
    'https://app.example\\cb',
    'https://app.example/c b',
    'https://app.example/c\nb',
    'https://äpp.example/cb',
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'app:/cb',
    'ftp://app.example/cb',
    `https://app.example/${'x'.repeat(1000)}`,
  ]
  for (const uri of bad)
    it(`is not ${JSON.stringify(uri.slice(0, 60))}`, () =>
      assert.equal(isRedirectUri(uri, { isPublic: true }), false))
})

describe('an address that is asked for', () => {
  const registered = ['https://app.example/cb', 'http://127.0.0.1:3000/cb', 'http://[::1]/cb']
  const asks = (uri: string, isPublic = true) =>
    isRegisteredRedirectUri(uri, { registered, isPublic })

  it('is a registered one to the letter', () => {
    for (const uri of registered) assert.equal(asks(uri, false), true)
  })

  it('may have another port at a loopback address of a public client', () => {
    assert.equal(asks('http://127.0.0.1:49152/cb'), true)
    assert.equal(asks('http://127.0.0.1/cb'), true)
    assert.equal(asks('http://[::1]:8/cb'), true)
    assert.equal(asks('http://127.0.0.1:49152/cb', false), false)
  })

  it('is none that only looks like one', () => {
    const base = 'https://app.example/cb'
    const mutants = new Set([
      ...Array.from(base, (_, i) => base.slice(0, i) + base.slice(i + 1)),
      ...Array.from(base, (_, i) => `${base.slice(0, i)}%2e${base.slice(i)}`),
      ...Array.from(base, (_, i) => `${base.slice(0, i)}.${base.slice(i)}`),
      ...Array.from(base, (_, i) => `${base.slice(0, i)}/${base.slice(i)}`),
      ...Array.from(base, (_, i) => `${base.slice(0, i)}@${base.slice(i)}`),
      ...Array.from(
        base,
        (_, i) => `${base.slice(0, i)}${base[i]?.toUpperCase()}${base.slice(i + 1)}X`,
      ),
      base.toUpperCase(),
      `${base}/`,
      `${base}/..;/cb`,
      `${base}?x=1`,
      `${base}?`,
      `${base}#`,
      `${base}#x`,
      `${base} `,
      ` ${base}`,
      `${base}\t`,
      `${base}%00`,
      `${base}%2f..`,
      'https://app.example:443/cb',
      'https://app.example:8443/cb',
      'http://app.example/cb',
      'https://app.example.evil.example/cb',
      'https://evil.example/https://app.example/cb',
      'https://app.example@evil.example/cb',
      'https://a@b@app.example/cb',
      'https://app.example\\@evil.example/cb',
      'http://127.0.0.1:3000/cb/',
      'http://127.0.0.1:3000/other',
      'http://127.0.0.1:3000@evil.example/cb',
      'http://x@127.0.0.1:3000/cb',
      'http://127.0.0.1:99999/cb',
      'http://127.1:3000/cb',
      'http://2130706433:3000/cb',
      'http://localhost:3000/cb',
      'http://[::ffff:127.0.0.1]/cb',
      'https://127.0.0.1:3000/cb',
    ])
    for (const uri of mutants) assert.equal(asks(uri), false, uri)
    assert.ok(mutants.size > 100)
  })

  it('is none of more than a thousand that are nearly one', () => {
    const base = 'https://app.example/cb'
    const signs = [
      '.',
      '/',
      '\\',
      '@',
      ':',
      '?',
      '#',
      '%',
      ';',
      '*',
      ' ',
      '\t',
      '%2f',
      '%5c',
      '%00',
      '..',
      '//',
      'a',
      'A',
      'é',
    ]
    const mutants = new Set<string>()
    for (let at = 0; at <= base.length; at += 1)
      for (const sign of signs) {
        mutants.add(base.slice(0, at) + sign + base.slice(at))
        mutants.add(base.slice(0, at) + sign + base.slice(at + 1))
      }
    mutants.delete(base)
    for (const uri of mutants) assert.equal(asks(uri), false, JSON.stringify(uri))
    assert.ok(mutants.size > 850, `${mutants.size}`)
    for (const [i, uri] of [...mutants].entries())
      if (i % 5 === 0) assert.equal(asks(`${uri}/..${base.slice(19)}`), false)
    assert.ok(mutants.size + mutants.size / 5 > 1000)
  })
})
