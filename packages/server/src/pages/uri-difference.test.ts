import assert from 'node:assert/strict'
import { it } from 'node:test'
import { closestTo, differenceOf, type Piece } from './uri-difference.ts'

const shown = (pieces: Piece[]) =>
  pieces.map(({ text, differs }) => (differs ? `[${text}]` : text)).join('')

for (const [received, registered, marked, sentences] of [
  [
    'https://a.example/cb',
    'https://a.example/cb',
    ['https://a.example/cb', 'https://a.example/cb'],
    [],
  ],
  [
    'http://a.example/cb',
    'https://a.example/cb',
    ['http://a.example/cb', 'http[s]://a.example/cb'],
    ['at character 5 “s” is missing'],
  ],
  [
    'https://a.example/cb/',
    'https://a.example/cb',
    ['https://a.example/cb[/]', 'https://a.example/cb'],
    ['at character 21 “/” is too much'],
  ],
  [
    'https://a.example:8080/cb?x',
    'https://a.example:8443/cb',
    ['https://a.example:8[080]/cb[?x]', 'https://a.example:8[443]/cb'],
    ['at character 20 it is “080” instead of “443”', 'at character 26 “?x” is too much'],
  ],
  ['', 'abc', ['', '[abc]'], ['at character 1 “abc” is missing']],
] as [string, string, [string, string], string[]][])
  it(`${received || 'nothing'} against ${registered}`, () => {
    const difference = differenceOf(received, registered)
    assert.deepEqual([shown(difference.received), shown(difference.registered)], marked)
    assert.deepEqual(difference.sentences, sentences)
  })

it('whatever differs, both are there in full, and long ones take no long time', () => {
  const long = (text: string) => text.repeat(1000)
  for (const [a, b] of [
    ['abcdefgh', 'xbcyefgz'],
    ['aXbXc', 'abc'],
    [long('ab'), long('ba')],
    ['😀/cb', '😁/cb'],
  ] as [string, string][]) {
    const { received, registered } = differenceOf(a, b)
    assert.equal(received.map(({ text }) => text).join(''), a)
    assert.equal(registered.map(({ text }) => text).join(''), b)
  }
})

it('is compared with the closest one', () => {
  const registered = [
    'https://other.example/',
    'https://a.example/callback',
    'https://a.example/cb',
  ]
  assert.equal(closestTo('http://a.example/cb', registered), 'https://a.example/cb')
  assert.equal(closestTo('http://a.example/cb', []), undefined)
})
