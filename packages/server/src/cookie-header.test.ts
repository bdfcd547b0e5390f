import assert from 'node:assert/strict'
import { it } from 'node:test'
import { readCookie, writeCookie } from './cookie-header.ts'

const secured = { issuer: 'https://auth.example.com' }
const plain = { issuer: 'http://192.0.2.7:8080' }

it('where people come by https, only this host can have set a cookie (V3.3.1 to V3.3.4)', () => {
  assert.equal(
    writeCookie(secured, 'session', { value: 'a.b', maxAgeSeconds: 60 }),
    '__Host-signet-session=a.b; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure',
  )
  assert.equal(readCookie(secured, '__Host-signet-session=a.b', 'session'), 'a.b')
  assert.equal(readCookie(secured, 'signet-session=planted', 'session'), undefined)
})

it('over plain http the cookie is plain, and no script reads it either', () => {
  assert.equal(
    writeCookie(plain, 'browser', { value: 'x' }),
    'signet-browser=x; Path=/; HttpOnly; SameSite=Lax',
  )
})

it('reads the name as a whole, and the first of several', () => {
  const header = 'xsignet-session=1; signet-session-2=2;signet-session=3 ; signet-session=4; =; ;'
  assert.equal(readCookie(plain, header, 'session'), '3')
  for (const none of [undefined, '', 'signet-session', '=signet-session'])
    assert.equal(readCookie(plain, none, 'session'), undefined)
})

it('refuses a value that could say more than a value', () => {
  for (const value of ['a; Domain=example.com', 'a\r\nb', 'a,b', '"a"'])
    assert.throws(() => writeCookie(plain, 'session', { value }))
})
